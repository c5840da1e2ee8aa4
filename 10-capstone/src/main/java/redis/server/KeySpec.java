package redis.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import redis.resp.ByteString;

/// Which words of a request are keys, and what is done with them: a key specification, as COMMAND INFO tells it. See
/// [Key specifications](https://redis.io/docs/latest/develop/reference/key-specs/).
///
/// @param first the first one that is a key
/// @param last the last one, counted from the first; or if negative, from the end of the request
/// @param step from one to the next
/// @param flags Redis's names: `RO` for a key that is read, `access` if its value gets to the client, and so on
record KeySpec(int first, int last, int step, List<String> flags) {

    static final String NOT_KEY = "not_key"; // only treated as one, to find its shard
    private static final String VARIABLE_FLAGS = "variable_flags";

    /// @param access the flags of all keys; or of the first, the second …, with a comma in between
    static List<KeySpec> of(Command.Keys keys, String access) {
        var specs = new ArrayList<KeySpec>();
        if (keys.step() == 0) return specs;
        var each = access.split(", ");
        for (int i = 0; i < each.length; i++) {
            int last = each.length > 1 ? 0 : keys.last() < 0 ? keys.last() : keys.last() - keys.first();
            specs.add(new KeySpec(keys.first() + i, last, keys.step(), Arrays.asList(each[i].split(" "))));
        }
        return specs;
    }

    boolean isOfKeys() {
        return !flags.contains(NOT_KEY);
    }

    List<ByteString> keysOf(List<ByteString> request) {
        int end = last < 0 ? request.size() + last : first + last;
        var keys = new ArrayList<ByteString>();
        for (int i = first; i <= end; i += step) keys.add(request.get(i));
        return keys;
    }

    /// What is done with these keys: with a SET it depends on whether the old value is wanted.
    List<String> flagsFor(List<ByteString> request) {
        if (!flags.contains(VARIABLE_FLAGS)) return flags;
        boolean reads = request.stream().skip(3).anyMatch(word -> word.equalsIgnoreCase("get"));
        return reads ? flags.stream().filter(flag -> !flag.equals(VARIABLE_FLAGS)).toList() : List.of("OW", "update");
    }
}
