package redis.server;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/// What a server holds, whichever it is: its keys, their values and their deadlines.
final class Dataset {

    private Dataset() {}

    /// @return `value`, or `value until 1700000000000`, by key
    static Map<String, String> of(TestClient client) throws IOException {
        var entries = new TreeMap<String, String>();
        for (var key : client.call("KEYS", "*").texts()) {
            var value = client.call("GET", key).text();
            var deadline = client.call("PEXPIRETIME", key).text();
            if (value != null) entries.put(key, deadline.equals("-1") ? value : value + " until " + deadline);
        }
        return entries;
    }
}
