package redis.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import redis.resp.ByteString;

/// What INFO tells: sections of `field:value` lines, under Redis's names.
final class ServerInfo {

    /// The release whose protocol and replies this server follows. Clients decide by it what they may ask for.
    static final String REDIS_VERSION = "7.0.15";

    private final SequencedMap<String, Supplier<Map<String, ?>>> sections = new LinkedHashMap<>();
    private final List<Runnable> resets = new ArrayList<>();

    /// Has something count from zero again when the statistics are reset. Runs under the store's lock.
    void onReset(Runnable reset) {
        resets.add(reset);
    }

    void resetStatistics() {
        resets.forEach(Runnable::run);
    }

    /// @param name as in its heading: `Keyspace`
    /// @param fields asked each time somebody wants to know
    void add(String name, Supplier<Map<String, ?>> fields) {
        sections.put(name, fields);
    }

    /// @param wanted names of sections in any case; none, or one of `default`, `all`, `everything`: all of them
    String text(List<ByteString> wanted) {
        boolean all = wanted.isEmpty() || wanted.stream().anyMatch(ServerInfo::meansAll);
        var text = new StringBuilder();
        sections.forEach((name, fields) -> {
            if (all || wanted.stream().anyMatch(word -> word.equalsIgnoreCase(name))) {
                if (!text.isEmpty()) text.append("\r\n");
                text.append("# ").append(name).append("\r\n");
                fields.get().forEach((field, value) -> text.append(field).append(':').append(value).append("\r\n"));
            }
        });
        return text.toString();
    }

    private static boolean meansAll(ByteString word) {
        return List.of("default", "all", "everything").contains(word.toLatin1().toLowerCase(Locale.ROOT));
    }
}
