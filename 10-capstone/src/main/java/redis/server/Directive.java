package redis.server;

import java.util.List;

/// A parameter and its values, as a line of a file or an option of the command line gives them.
///
/// @param name in lower case
/// @param origin of a line: which file, which line, and what it says; null: it is an option
record Directive(String name, List<String> values, String origin) {

    boolean isOption() {
        return origin == null;
    }

    /// @param reason in Redis's words
    IllegalArgumentException invalid(String reason) {
        if (!isOption()) return new ConfigFileException(origin + reason);
        if (values.isEmpty()) return new IllegalArgumentException("--" + name + " needs a value.");
        return new IllegalArgumentException("--%s %s: %s%s".formatted(name, String.join(" ", values), reason, reason.endsWith(".") ? "" : "."));
    }

    /// There is no such parameter.
    IllegalArgumentException unknown() {
        return isOption() ? new IllegalArgumentException("Unknown option --" + name + ".") : invalid("Bad directive or wrong number of arguments");
    }
}
