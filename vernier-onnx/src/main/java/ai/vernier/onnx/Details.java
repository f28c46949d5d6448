package ai.vernier.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a part of a model carries beside its meaning: documentation, metadata, and fields of a newer schema, which are
/// kept byte for byte.
///
/// @param metadata key and value in file order
/// @param unknownFields protobuf wire bytes of the fields that this library does not know
public record Details(String docString, Map<String, String> metadata, Bytes unknownFields) {
    /// Nothing beside.
    public static final Details NONE = new Details("", Map.of(), Bytes.EMPTY);

    public Details {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
}
