package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// Generated transactions, and somebody who comes in between, on this server and on a real one: what they answer, what they log, and what they send
/// to replicas, byte for byte.
class TransactionParityTest {

    private static final long SEED = 20_260_202;
    private static final int ROUNDS = 100;

    /// What transactions are made of, and what the other client does: a word in capitals stands for any of its kind.
    private static final List<String> FORMS = """
            get KEY
            mget KEY KEY
            set KEY VALUE
            SET KEY VALUE NX
            set KEY VALUE ex 1000
            set KEY VALUE pxat 4102444800000
            getset KEY VALUE
            getdel KEY
            getex KEY ex 1000
            mset KEY VALUE KEY VALUE
            msetnx KEY VALUE KEY VALUE
            append KEY VALUE
            setrange KEY 3 VALUE
            incr KEY
            INCRBY KEY 5
            incrbyfloat KEY 0.5
            expire KEY 1000
            pexpireat KEY 4102444800000 gt
            expire KEY -1
            persist KEY
            del KEY KEY
            unlink KEY
            exists KEY
            rename KEY KEY
            copy KEY KEY replace
            flushall
            flushdb async
            dbsize
            publish CHANNEL VALUE
            spublish CHANNEL VALUE
            subscribe CHANNEL
            unsubscribe CHANNEL
            psubscribe *
            punsubscribe
            ping
            echo VALUE
            select 0
            client getname
            config get appendonly
            hello 2
            hello 3
            unwatch
            exec
            discard
            multi
            watch KEY
            reset
            get
            nope KEY
            save
            ssubscribe CHANNEL
            auth VALUE
            exec VALUE
            """.lines().toList();

    /// The last of them, which break the transaction off or end it: they come less often.
    private static final int ENDS = FORMS.indexOf("exec");

    private static final Map<String, List<String>> KINDS = Map.of(
            "KEY", List.of("a", "b", "c", "d"),
            "VALUE", List.of("1", "22", "x", "", "line\r\nend"),
            "CHANNEL", List.of("a", "b"));

    @TempDir
    private Path directory;

    private final List<Server> servers = new ArrayList<>();

    /// One of the two, with its clients and a replica.
    private static final class Server {

        private final AutoCloseable process;
        private final InetSocketAddress address;
        private final Path log;
        private final FakeReplica replica;
        private TestClient first;
        private TestClient second;
        private boolean open; // whether the first client has begun a transaction
        private long logged;

        Server(AutoCloseable process, InetSocketAddress address, Path directory) throws IOException {
            this.process = process;
            this.address = address;
            log = new AofFiles(directory).increment(1);
            replica = FakeReplica.synchronizedWith(address);
            connect();
        }

        private void connect() throws IOException {
            first = new TestClient(address);
            second = new TestClient(address);
        }

        /// All clients come anew, and all keys are gone.
        void restart() throws IOException {
            first.close();
            second.close();
            connect();
            open = false;
            first.call("FLUSHALL").isOk();
        }

        /// Sends a request, and another one whose reply ends what belongs to it: it may have no reply, or several, and messages come in between. That
        /// other one is refused, and leaves a transaction as it is.
        String answer(boolean byFirst, List<String> request) throws IOException {
            var client = byFirst ? first : second;
            var bytes = new StringBuilder();
            client.send(request.toArray(String[]::new));
            switch (request.getFirst().toLowerCase(Locale.ROOT)) {
                case "exec", "discard", "reset" -> open = false;
                case "multi" -> {
                    var reply = read(client, bytes);
                    while (!reply.matches("[+-].*")) reply = read(client, bytes);
                    open |= reply.startsWith("+");
                }
                default -> {}
            }
            boolean within = byFirst && open;
            client.sendRaw(within ? "WATCH end\r\n" : "GET\r\n");
            var end = within ? "-ERR WATCH inside MULTI is not allowed\\r\\n" : "-ERR wrong number of arguments for 'get' command\\r\\n";
            while (!read(client, bytes).equals(end)) {
                // what comes before it
            }
            return bytes.toString().replaceAll("\\$2\\\\r\\\\nid\\\\r\\\\n:\\d+", "its id");
        }

        private static String read(TestClient client, StringBuilder all) throws IOException {
            var reply = client.read();
            var bytes = Mismatch.escape(reply.bytes());
            all.append(bytes);
            if (reply.failure() != null) throw new AssertionError(all + " (" + reply.failure() + ")");
            return bytes;
        }

        /// What the log has got since this was last asked.
        String log() throws IOException {
            var all = AofFiles.read(log);
            var added = all.substring((int) logged);
            logged = all.length();
            return withoutMoments(added);
        }

        /// What the replica has got since this was last asked.
        String stream() throws IOException {
            var end = AofFiles.commands("PUBLISH end of-round");
            try (var client = new TestClient(address)) {
                client.call("PUBLISH", "end", "of-round").satisfies(_ -> {});
            }
            var stream = new StringBuilder();
            while (stream.indexOf(end) < 0) stream.append(replica.readStream(1));
            return withoutMoments(stream.toString());
        }

        private static String withoutMoments(String commands) {
            return Mismatch.escape(commands.getBytes(StandardCharsets.ISO_8859_1)).replaceAll("1[0-9]{12}\\b", "SOON");
        }

        void close() throws Exception {
            first.close();
            second.close();
            replica.close();
            process.close();
        }
    }

    @BeforeEach
    void startBoth() throws Exception {
        var realDirectory = Files.createDirectory(directory.resolve("real"));
        // With appendfsync no it writes before it replies, always. A ping could come at any time.
        var real = RealRedis.start("--databases", "1", "--dir", realDirectory.toString(), "--appendonly", "yes", "--appendfsync", "no",
                "--repl-ping-replica-period", "2147483647");
        servers.add(new Server(real, real.address(), realDirectory));
        var ours = LocalServer.withLog(directory.resolve("ours"), "--save", "", "--repl-ping-replica-period", "2147483647");
        servers.add(new Server(ours, ours.address(), directory.resolve("ours")));
    }

    @AfterEach
    void stopBoth() throws Exception {
        for (var server : servers) server.close();
    }

    @Test
    void doesWhatRedisDoes() throws Exception {
        var random = new Random(SEED);
        int executed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            var history = new StringBuilder("in round " + round + ":\n");
            for (var server : servers) server.restart();
            for (int n = random.nextInt(4); n >= 0; n--) executed += compareTransaction(random, history);
            assertThat(servers.get(1).log()).as("the log, %s", history).isEqualTo(servers.get(0).log());
            assertThat(servers.get(1).stream()).as("the stream, %s", history).isEqualTo(servers.get(0).stream());
        }
        assertThat(executed).as("transactions that were carried out").isGreaterThan(ROUNDS / 2);
    }

    /// @return 1 if it has been carried out, 0 if it has not
    private int compareTransaction(Random random, StringBuilder history) throws IOException {
        if (random.nextInt(2) == 0) both(true, List.of("watch", any("KEY", random), any("KEY", random)), history);
        for (int i = random.nextInt(3); i > 0; i--) both(random.nextBoolean(), command(random, ENDS), history);
        both(true, List.of("multi"), history);
        for (int i = random.nextInt(8); i > 0; i--) {
            boolean mine = random.nextInt(5) > 0;
            both(mine, command(random, mine && random.nextInt(8) == 0 ? FORMS.size() : ENDS), history);
        }
        var reply = both(true, List.of(random.nextInt(8) == 0 ? "discard" : "EXEC"), history);
        return reply.startsWith("*") && !reply.startsWith("*-1") ? 1 : 0;
    }

    private static List<String> command(Random random, int forms) {
        var words = new ArrayList<String>();
        for (var word : FORMS.get(random.nextInt(forms)).split(" ")) words.add(KINDS.containsKey(word) ? any(word, random) : word);
        return words;
    }

    private static String any(String kind, Random random) {
        var choices = KINDS.get(kind);
        return choices.get(random.nextInt(choices.size()));
    }

    private String both(boolean byFirst, List<String> request, StringBuilder history) throws IOException {
        history.append(byFirst ? "    " : "        ").append(String.join(" ", request).replace("\r\n", "\\r\\n")).append('\n');
        var byRedis = servers.get(0).answer(byFirst, request);
        var byUs = servers.get(1).answer(byFirst, request);
        assertThat(byUs).as("the reply, %s", history).isEqualTo(byRedis);
        return byRedis;
    }
}
