package redis.server;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A part of what follows a command's name, in the terms of COMMAND DOCS. redis-cli shows it while you type.
///
/// @param token the word in front of it: `EX`; null for none
/// @param parts what it consists of, or one of which it is; none for a single word
record Argument(String name, Type type, String token, boolean optional, boolean multiple, List<Argument> parts) {

    enum Type {
        STRING, INTEGER, DOUBLE, KEY, PATTERN, UNIX_TIME,
        /// the token is all there is
        PURE_TOKEN,
        /// one of its parts
        ONEOF,
        /// all of its parts
        BLOCK;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static Argument pureToken(String token) {
        return new Argument(token.toLowerCase(Locale.ROOT), Type.PURE_TOKEN, token, false, false, List.of());
    }

    /// @param name which tells what it is, too: `seconds` is a number
    static Argument word(String name) {
        return new Argument(name, typeOf(name), null, false, false, List.of());
    }

    private static Type typeOf(String name) {
        return switch (name) {
            case "key", "newkey", "source", "destination" -> Type.KEY;
            case "pattern" -> Type.PATTERN;
            case "unix-time-seconds", "unix-time-milliseconds" -> Type.UNIX_TIME;
            case "seconds", "milliseconds", "timeout", "increment", "decrement", "offset", "start", "end", "index", "destination-db", "cursor", "count",
                    "numreplicas", "port", "client-id", "protover" -> Type.INTEGER;
            default -> Type.STRING;
        };
    }

    /// @return the only one of the parts, if there is one, or a block of them
    static Argument block(List<Argument> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Argument(join(parts), Type.BLOCK, null, false, false, parts);
    }

    static Argument oneOf(List<Argument> parts) {
        return new Argument(join(parts), Type.ONEOF, null, false, false, parts);
    }

    private static String join(List<Argument> parts) {
        return parts.stream().map(Argument::name).collect(Collectors.joining("_"));
    }

    /// The same for numbers that may have a fraction, if it is one.
    Argument asDouble() {
        return new Argument(name, type == Type.INTEGER ? Type.DOUBLE : type, token, optional, multiple, parts);
    }

    Argument after(String token) {
        return new Argument(name, type, token, optional, multiple, parts);
    }

    Argument asOptional() {
        return new Argument(name, type, token, true, multiple, parts);
    }

    Argument asMultiple() {
        return new Argument(name, type, token, optional, true, parts);
    }
}
