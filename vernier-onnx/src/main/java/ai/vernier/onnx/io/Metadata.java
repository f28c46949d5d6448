package ai.vernier.onnx.io;

import ai.vernier.onnx.Bytes;
import ai.vernier.onnx.Details;
import ai.vernier.onnx.io.OnnxProto.StringStringEntryProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// [Details] from and to messages.
///
/// What the Java values do not interpret travels as a *remainder*: a message of the same kind that carries only those
/// fields. Writing starts from the remainder and sets the interpreted fields on top.
final class Metadata {
    private Metadata() {}

    static Details details(String docString, List<StringStringEntryProto> entries, Message remainder) {
        Bytes kept = Bytes.of(remainder.toByteArray());
        if (docString.isEmpty() && entries.isEmpty() && kept.length() == 0) {
            return Details.NONE;
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        entries.forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
        return new Details(docString, metadata, kept);
    }

    /// The entries that say more than key and value; they belong into the remainder.
    static List<StringStringEntryProto> extended(List<StringStringEntryProto> entries) {
        return entries.stream()
                .filter(entry -> !entry.getUnknownFields().asMap().isEmpty())
                .toList();
    }

    /// Entries of `metadata`, the extended ones restored where key and value are still the same.
    static List<StringStringEntryProto> entries(Map<String, String> metadata, List<StringStringEntryProto> extended) {
        Map<String, StringStringEntryProto> byKey = new HashMap<>();
        extended.forEach(entry -> byKey.put(entry.getKey(), entry));
        List<StringStringEntryProto> entries = new ArrayList<>();
        metadata.forEach((key, value) -> {
            StringStringEntryProto kept = byKey.get(key);
            entries.add(kept != null && kept.getValue().equals(value) ? kept : entry(key, value));
        });
        return entries;
    }

    static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /// Fills an empty `builder` with the remainder that reading kept.
    static <B extends Message.Builder> B restore(B builder, Details details) {
        return restore(builder, details.unknownFields());
    }

    static <B extends Message.Builder> B restore(B builder, Bytes encoded) {
        if (encoded.length() == 0) {
            return builder;
        }
        try {
            builder.mergeFrom(encoded.toByteArray());
            return builder;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(
                    "kept fields are no %s"
                            .formatted(builder.getDescriptorForType().getName()),
                    e);
        }
    }
}
