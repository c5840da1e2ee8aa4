package redis.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import redis.resp.ByteString;

/// What INFO tells: sections of `field:value` lines, under Redis's names. See [INFO](https://redis.io/docs/latest/commands/info/).
final class ServerInfo {

    /// The release whose protocol and replies this server follows. Clients decide by it what they may ask for.
    static final String REDIS_VERSION = "7.0.15";

    private static final Set<String> ALL = Set.of("all", "everything"); // the latter is also what modules add, of which there are none

    private final SequencedMap<String, Supplier<Map<String, ?>>> sections = new LinkedHashMap<>();
    private final List<String> details = new ArrayList<>();
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

    /// A section that only those get who ask for it, or for all.
    void addDetails(String name, Supplier<Map<String, ?>> fields) {
        add(name, fields);
        details.add(name);
    }

    /// @param wanted names of sections in any case; none, or `default`: the usual ones; `all` or `everything`: each one
    String text(List<ByteString> wanted) {
        var words = new HashSet<String>();
        for (var word : wanted) words.add(word.toLatin1().toLowerCase(Locale.ROOT));
        boolean all = words.stream().anyMatch(ALL::contains);
        boolean usual = words.isEmpty() || words.contains("default");
        var text = new StringBuilder();
        sections.forEach((name, fields) -> {
            if (!all && !(usual && !details.contains(name)) && !words.contains(name.toLowerCase(Locale.ROOT))) return;
            if (!text.isEmpty()) text.append("\r\n");
            text.append("# ").append(name).append("\r\n");
            fields.get().forEach((field, value) -> text.append(field).append(':').append(value).append("\r\n"));
        });
        return text.toString();
    }

    /// A number with so many digits behind the point, which is one whatever the machine's language is.
    static String decimal(double number, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", number);
    }
}
