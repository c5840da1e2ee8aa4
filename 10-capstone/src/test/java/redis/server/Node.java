package redis.server;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import redis.resp.Resp;
import redis.resp.RespClient;

import static org.assertj.core.api.Assertions.assertThat;

/// A server that is a master or a replica in a test: ours, or a real one. It saves nothing by itself.
final class Node implements AutoCloseable {

    enum Kind { OURS, REAL }

    private final Closeable server;
    private final InetSocketAddress address;
    private final TestClient client;

    private Node(Closeable server, InetSocketAddress address) throws IOException {
        this.server = server;
        this.address = address;
        client = new TestClient(address);
    }

    /// Returns when it has loaded its data. Skips the test where a real one is wanted and there is none.
    static Node start(Kind kind, Path directory, String... options) throws Exception {
        var all = new ArrayList<>(List.of("--repl-ping-replica-period", "1", "--dir", directory.toString(), "--save", ""));
        all.addAll(List.of(options));
        if (kind == Kind.OURS) {
            var server = LocalServer.start(directory, all.toArray(String[]::new));
            return new Node(server::close, server.address());
        }
        all.addAll(List.of("--shutdown-timeout", "0", "--repl-diskless-sync-delay", "0"));
        var server = RealRedis.start(all.toArray(String[]::new));
        var node = new Node(server::close, server.address());
        Eventually.becomesTrue("it has loaded its data", () -> "0".equals(node.info("loading")));
        return node;
    }

    InetSocketAddress address() {
        return address;
    }

    TestClient connect() throws IOException {
        return new TestClient(address);
    }

    TestClient client() {
        return client;
    }

    Reply call(String... words) throws IOException {
        return client.call(words);
    }

    /// A field of INFO; null if there is none.
    String info(String field) throws IOException {
        return client.call("INFO").text().lines().filter(line -> line.startsWith(field + ":")).findFirst()
                .map(line -> line.substring(field.length() + 1)).orElse(null);
    }

    long number(String field) throws IOException {
        return Long.parseLong(info(field));
    }

    void follow(InetSocketAddress master) throws IOException {
        assertThat(call("REPLICAOF", "127.0.0.1", Integer.toString(master.getPort())).text()).isEqualTo("OK");
    }

    void awaitLink() throws Exception {
        Eventually.becomesTrue("the link with the master is up", () -> "up".equals(info("master_link_status")));
    }

    /// Returns when it has executed all that its master has written so far.
    void awaitMaster(Node master) throws Exception {
        Eventually.becomesTrue("the replica is where the master is", () -> "up".equals(info("master_link_status"))
                && info("master_replid").equals(master.info("master_replid")) && info("slave_repl_offset").equals(master.info("master_repl_offset")));
    }

    /// All that it holds, as [Dataset#of(TestClient)], for large numbers of keys.
    Map<String, String> dataset() throws IOException {
        try (var fast = RespClient.connect(address, Duration.ofSeconds(10))) {
            var keys = keys(fast);
            var values = pipeline(fast, "GET", keys);
            var deadlines = pipeline(fast, "PEXPIRETIME", keys);
            var entries = new TreeMap<String, String>();
            for (int i = 0; i < keys.size(); i++) {
                if (!(values.get(i) instanceof Resp.BulkString(var value))) continue; // it has just ended
                var deadline = deadlines.get(i).equals(Resp.integer(-1)) ? "" : " until " + ((Resp.Integer) deadlines.get(i)).value();
                entries.put(keys.get(i), value + deadline);
            }
            return entries;
        }
    }

    private static List<String> keys(RespClient client) throws IOException {
        return ((Resp.Array) client.call("KEYS", "*")).elements().stream().map(key -> ((Resp.BulkString) key).value().toString()).toList();
    }

    private static List<Resp> pipeline(RespClient client, String command, List<String> keys) throws IOException {
        var replies = new ArrayList<Resp>();
        for (int from = 0; from < keys.size(); from += 200) {
            var some = keys.subList(from, Math.min(from + 200, keys.size()));
            for (var key : some) client.send(command, key);
            for (var _ : some) replies.add(client.read());
        }
        return replies;
    }

    /// Waits until the replica has the same keys, values and deadlines as its master.
    void awaitSameAs(Node master) throws Exception {
        awaitMaster(master);
        Eventually.becomesTrue("no key is about to end", () -> master.shortLived() == 0);
        awaitMaster(master);
        assertThat(differences(master.dataset(), dataset())).isEmpty();
        assertThat(call("DBSIZE").text()).isEqualTo(master.call("DBSIZE").text());
    }

    /// How many keys it has that end within seconds, or are over and not yet deleted.
    private long shortLived() throws IOException {
        try (var fast = RespClient.connect(address, Duration.ofSeconds(10))) {
            fast.call("SCAN", "0", "COUNT", "1000000"); // a master deletes what it finds to be over
            var keys = keys(fast);
            long ending = pipeline(fast, "TTL", keys).stream().mapToLong(ttl -> ((Resp.Integer) ttl).value()).filter(ttl -> ttl != -1 && ttl < 10).count();
            return ending + ((Resp.Integer) fast.call("DBSIZE")).value() - keys.size();
        }
    }

    /// What is not the same in two data sets, a few of each kind.
    private static List<String> differences(Map<String, String> expected, Map<String, String> actual) {
        return Stream.concat(expected.keySet().stream(), actual.keySet().stream()).distinct()
                .filter(key -> !Objects.equals(expected.get(key), actual.get(key))).limit(5)
                .map(key -> "%s is %s, and should be %s".formatted(key, abridge(actual.get(key)), abridge(expected.get(key)))).toList();
    }

    private static String abridge(String value) {
        return value == null || value.length() < 60 ? value : value.substring(0, 20) + "…" + value.substring(value.length() - 20);
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
