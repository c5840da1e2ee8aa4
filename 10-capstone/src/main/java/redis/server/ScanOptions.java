package redis.server;

import java.util.List;
import redis.resp.ByteString;

/// What follows the cursor in a `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`.
///
/// @param pattern null: every key
/// @param count how many keys to visit at least, 1 or more
/// @param strings whether keys with strings are wanted: all keys have strings
record ScanOptions(GlobPattern pattern, long count, boolean strings) {

    private static final long DEFAULT_COUNT = 10;

    /// @throws CommandException if an option is unknown, or its value is missing or wrong
    static ScanOptions parse(List<ByteString> request) {
        GlobPattern pattern = null;
        long count = DEFAULT_COUNT;
        boolean strings = true;
        var options = request.subList(2, request.size()).iterator();
        while (options.hasNext()) {
            var option = options.next();
            if (!options.hasNext()) throw new CommandException(CommandException.SYNTAX);
            var value = options.next();
            if (option.equalsIgnoreCase("match")) {
                pattern = new GlobPattern(value);
            } else if (option.equalsIgnoreCase("count")) {
                count = Arguments.integer(value);
                if (count < 1) throw new CommandException(CommandException.SYNTAX);
            } else if (option.equalsIgnoreCase("type")) {
                strings = value.equalsIgnoreCase("string");
            } else {
                throw new CommandException(CommandException.SYNTAX);
            }
        }
        return new ScanOptions(pattern, count, strings);
    }

    boolean matches(ByteString key) {
        return strings && (pattern == null || pattern.matches(key));
    }
}
