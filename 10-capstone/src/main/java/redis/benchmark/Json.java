package redis.benchmark;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Maps, lists, texts, numbers, booleans and null as JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), indented.
final class Json {

    private Json() {}

    static String of(Object value) {
        return of(value, "\n");
    }

    private static String of(Object value, String lineBreak) {
        var inner = lineBreak + "  ";
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map when map.isEmpty() -> "{}";
            case Map<?, ?> map -> map.entrySet().stream().map(entry -> inner + quoted(entry.getKey().toString()) + ": " + of(entry.getValue(), inner))
                    .collect(Collectors.joining(",", "{", lineBreak + "}"));
            case List<?> list when list.isEmpty() -> "[]";
            case List<?> list -> list.stream().map(element -> inner + of(element, inner)).collect(Collectors.joining(",", "[", lineBreak + "]"));
            case Double number when !Double.isFinite(number) -> "null"; // JSON has no NaN
            case Number number -> number.toString();
            case Boolean bool -> bool.toString();
            default -> quoted(value.toString());
        };
    }

    private static String quoted(String text) {
        var json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') json.append('\\').append((char) c);
            else if (c < ' ') json.append("\\u%04x".formatted(c));
            else json.append((char) c);
        });
        return json.append('"').toString();
    }
}
