package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Graph;
import ai.vernier.onnx.InvalidInputException;
import ai.vernier.onnx.Model;

/// ONNX's [text form](https://github.com/onnx/onnx/blob/main/docs/Syntax.md), for tests, goldens and reading eyes:
///
/// ```
/// <ir_version: 8, opset_import: ["" : 13]>
/// agraph (float[N,3] x) => (float[N,3] y)
/// <float[3] w = {1.0, 2.0, 3.0}>
/// {
///   [first] y = Mul (x, w)
/// }
/// ```
///
/// `parse(print(model))` equals `model` but for documentation and metadata of the parts, and other details that the
/// form cannot say. Where it has no form, ours extends it: bit patterns for narrow floats, `opaque("…")`
/// with hexadecimal bytes for the rest, and `\xHH` in strings that are no text.
public final class OnnxText {
    private OnnxText() {}

    public static String print(Model model) {
        return print(model, Integer.MAX_VALUE);
    }

    /// A shortened text for reading, which does not parse: `…` stands for the elements left out.
    ///
    /// @param elements of each tensor, at most
    public static String print(Model model, int elements) {
        return new TextPrinter(elements).model(model);
    }

    public static String print(Graph graph) {
        return new TextPrinter(Integer.MAX_VALUE).graph(graph);
    }

    /// The model that `text` describes.
    ///
    /// @throws InvalidInputException with line and column where the text is malformed, or with all problems of the
    ///     model where it is not well-formed
    public static Model parse(String text) {
        TextScanner in = new TextScanner(text);
        Model model = new TextParser(in).model();
        Problems problems = new Problems("text");
        new StructureCheck(problems).check(model);
        problems.throwIfAny();
        return model;
    }

    /// `name` as an identifier, or quoted where it is none or begins a type or a number.
    static String name(String name) {
        boolean plain =
                TextScanner.isIdentifier(name) && !TypeText.isReserved(name) && !TextParser.isSpecialNumber(name);
        return plain ? name : TensorText.quote(Bytes.utf8(name));
    }
}
