package ai.vernier.engine.cpu;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongList;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OptionalType;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/// LibTorch's oneDNN operators with packed weights and fused activations. They have no C++ function, so they are called
/// boxed through the dispatcher: a stack of arguments goes in, the result comes back on it.
public final class OneDnn {
    private OneDnn() {}

    /// Whether this LibTorch was built with oneDNN.
    public static boolean available() {
        return Holder.AVAILABLE;
    }

    /// The operator `name` in its variant `overload`.
    public static OperatorHandle operator(String name, String overload) {
        return kept(Dispatcher.singleton().findSchemaOrThrow(name, overload));
    }

    /// Calls `operator`; the result belongs to the caller's PointerScope.
    public static Tensor call(OperatorHandle operator, IValue... arguments) {
        IValueVector stack = new IValueVector(arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            stack.put(i, arguments[i]);
        }
        operator.callBoxed(stack);
        Tensor result = new Tensor(stack.get(0).toTensor());
        stack.close(); // lets go of the result, which is now the caller's alone
        return result;
    }

    /// Calls `operator` for a result that is no tensor, kept until it is closed.
    static IValue callForValue(OperatorHandle operator, IValue... arguments) {
        IValueVector stack = new IValueVector(arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            stack.put(i, arguments[i]);
        }
        operator.callBoxed(stack);
        IValue result = kept(new IValue(stack.get(0)));
        stack.close();
        return result;
    }

    public static IValue integers(long... values) {
        return kept(new IValue(new GenericList(new LongList(values))));
    }

    /// A list of optional numbers.
    public static IValue numbers(double... values) {
        GenericList list = new GenericList(Holder.OPTIONAL_NUMBER);
        for (double value : values) {
            list.push_back(new IValue(value));
        }
        return kept(new IValue(list));
    }

    public static IValue text(String value) {
        return kept(new IValue(value));
    }

    public static IValue integer(long value) {
        return kept(new IValue(value));
    }

    public static IValue tensor(Tensor value) {
        return kept(new IValue(value));
    }

    public static IValue none() {
        return Holder.NONE;
    }

    /// Keeps `pointer` beyond the current PointerScope, until it is closed.
    public static <P extends Pointer> P kept(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    private static final class Holder {
        static final boolean AVAILABLE = probe();
        static final IValue NONE = kept(new IValue());
        static final Type.TypePtr OPTIONAL_NUMBER = optionalNumber();

        private static boolean probe() {
            try {
                Dispatcher.singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise", "");
                return torch.hasMKLDNN();
            } catch (RuntimeException _) {
                return false;
            }
        }

        /// The type `Scalar?`, borrowed from a parsed schema, since the type itself cannot be named from here.
        private static Type.TypePtr optionalNumber() {
            Type.TypePtr number = torch.parseSchema("vernier::types(Scalar x) -> Tensor")
                    .arguments()
                    .type();
            return kept(OptionalType.get(number));
        }
    }
}
