package ai.vernier.bench.opsets;

import ai.vernier.onnx.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// Matrix products.
final class MatrixFamily {
    private MatrixFamily() {}

    static void register(Operators operators) {
        operators.add("MatMul", "7 9 13", MatrixFamily::product);
        operators.add("Gemm", "7 9 11 13", MatrixFamily::gemm);
        operators.add("Det", "11 22", (sketch, draw) -> {
            long size = draw.between(1, 4);
            long[] dims = LongStream.concat(LongStream.of(draw.shape(0, 2)), LongStream.of(size, size))
                    .toArray();
            sketch.in(draw.floats(dims)).slack(50);
        });
        operators.add("Einsum", "12", MatrixFamily::einsum);
    }

    private static DataType type(Sketch sketch, Draw draw) {
        return sketch.since(9)
                ? draw.of(
                        DataType.FLOAT,
                        DataType.FLOAT,
                        DataType.DOUBLE,
                        DataType.INT32,
                        DataType.INT64,
                        DataType.UINT32,
                        DataType.UINT64)
                : draw.of(DataType.FLOAT, DataType.DOUBLE);
    }

    private static void product(Sketch sketch, Draw draw) {
        DataType type = type(sketch, draw);
        long[] outer = draw.shape(0, 2);
        long rows = draw.size();
        long inner = draw.size();
        long columns = draw.size();
        long[] left = joined(draw.broadcastTo(outer), rows, inner);
        long[] right = joined(draw.chance(0.5) ? outer : draw.broadcastTo(outer), inner, columns);
        if (draw.chance(0.15)) {
            left = new long[] {inner};
        }
        if (draw.chance(0.15)) {
            right = new long[] {inner};
        }
        sketch.in(draw.tensor(type, left)).parameter(draw.tensor(type, right)).slack(4);
    }

    private static long[] joined(long[] outer, long... last) {
        return LongStream.concat(LongStream.of(outer), LongStream.of(last)).toArray();
    }

    private static void gemm(Sketch sketch, Draw draw) {
        DataType type = draw.chance(0.7) ? DataType.FLOAT : type(sketch, draw);
        long rows = draw.some();
        long inner = draw.some();
        long columns = draw.some();
        boolean turnedA = draw.chance(0.4);
        boolean turnedB = draw.chance(0.4);
        sketch.flag("transA", turnedA, false).flag("transB", turnedB, false).slack(4);
        boolean real = type.isFloatingPoint();
        if (draw.chance(0.5)) {
            sketch.set("alpha", real ? draw.real(-2, 2) : 2.0);
        }
        if (draw.chance(0.5)) {
            sketch.set("beta", real ? draw.real(-2, 2) : 3.0);
        }
        sketch.in(turnedA ? draw.tensor(type, inner, rows) : draw.tensor(type, rows, inner));
        sketch.parameter(turnedB ? draw.tensor(type, columns, inner) : draw.tensor(type, inner, columns));
        if (!sketch.since(11) || draw.chance(0.7)) {
            sketch.parameter(draw.tensor(type, draw.broadcastTo(new long[] {rows, columns})));
        }
    }

    /// Equations with repeated labels, ellipses, implicit and explicit results.
    private static void einsum(Sketch sketch, Draw draw) {
        Map<Character, Long> sizes = new HashMap<>();
        "abcde".chars().forEach(label -> sizes.put((char) label, draw.some()));
        int count = draw.between(1, 3);
        boolean ellipsis = draw.chance(0.3);
        List<String> terms = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder term = new StringBuilder();
            int labels = draw.between(1, 3);
            for (int k = 0; k < labels; k++) {
                char label = "abcde".charAt(draw.between(0, 4));
                boolean repeated = term.indexOf(String.valueOf(label)) >= 0;
                if (!repeated || draw.chance(0.3)) {
                    term.append(label);
                }
            }
            terms.add((ellipsis && draw.chance(0.7) ? "..." : "") + term);
        }
        boolean any = terms.stream().anyMatch(term -> term.startsWith("..."));
        String equation = String.join(draw.chance(0.2) ? ", " : ",", terms);
        if (draw.chance(0.7)) {
            equation += "->" + (any ? "..." : "") + result(draw, terms);
        }
        sketch.set("equation", equation).slack(20);
        for (String term : terms) {
            long[] labels = term.replace("...", "")
                    .chars()
                    .mapToLong(label -> sizes.get((char) label))
                    .toArray();
            long[] front = term.startsWith("...") ? new long[] {2, 3} : new long[0];
            sketch.in(draw.floats(joined(front, labels)));
        }
    }

    private static String result(Draw draw, List<String> terms) {
        StringBuilder labels = new StringBuilder();
        for (char label : "abcde".toCharArray()) {
            boolean used = terms.stream().anyMatch(term -> term.indexOf(label) >= 0);
            if (used && draw.chance(0.5)) {
                labels.insert(draw.between(0, labels.length()), label);
            }
        }
        return labels.toString();
    }
}
