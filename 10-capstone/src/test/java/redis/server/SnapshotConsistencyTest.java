package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.ByteString;
import redis.resp.RespReader;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;

/// Clients move money between accounts, and none is ever lost or made: not in any snapshot, whenever it was taken.
///
/// Each command by itself leaves the sum as it was: `MSET` moves an amount between two accounts, `RENAME` gives an account another name. A snapshot
/// that had half of a command, or a key as it was before and another as it was after the moment, would have another sum.
class SnapshotConsistencyTest {

    private static final int CLIENTS = 4;
    private static final int ACCOUNTS = 50; // of each client
    private static final int BALANCE = 1_000;

    /// Keys that nobody touches, so that a snapshot takes some hundred steps.
    private static final int OTHERS = 20_000;

    @TempDir
    private Path directory;

    private LocalServer server;
    private final List<Thread> clients = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean running = true;

    @BeforeEach
    void startServer() throws Exception {
        server = LocalServer.start(directory, "--appendonly", "yes", "--save", "");
        var mset = new ArrayList<>(List.of("MSET"));
        for (int i = 0; i < OTHERS; i++) mset.addAll(List.of("other:" + i, "value"));
        server.call(mset.toArray(String[]::new)).isOk();
        for (int i = 0; i < CLIENTS; i++) {
            long seed = i;
            clients.add(Thread.ofPlatform().name("client " + i).start(() -> {
                try {
                    new Client(seed).run();
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        Eventually.becomesTrue("all accounts are there", () -> server.call("EXISTS", "b:0", "b:1", "b:2", "b:3").text().equals("4"));
    }

    @AfterEach
    void stopServer() throws Exception {
        running = false;
        for (var client : clients) client.join();
        server.close();
        assertThat(failures).isEmpty();
    }

    /// A client with accounts of its own, which sends its requests many at a time.
    private final class Client {
        private final Random random;
        private final long id;
        private final String[] names = new String[ACCOUNTS];
        private final long[] balances = new long[ACCOUNTS];
        private long transfers;

        Client(long id) {
            this.id = id;
            random = new Random(id);
        }

        void run() throws IOException {
            try (var socket = new Socket("127.0.0.1", server.address().getPort())) {
                var writer = new RespWriter(socket.getOutputStream());
                var reader = new RespReader(socket.getInputStream());
                var open = new ArrayList<>(List.of("MSET", "a:" + id, "0", "b:" + id, "0"));
                for (int i = 0; i < ACCOUNTS; i++) {
                    names[i] = "account:" + id + ":" + i;
                    balances[i] = BALANCE;
                    open.addAll(List.of(names[i], Integer.toString(BALANCE)));
                }
                request(writer, open);
                int sent = 1;
                while (running) {
                    for (int i = random.nextInt(30); i > 0; i--) sent += change(writer);
                    writer.flush();
                    for (; sent > 0; sent--) assertThat(reader.readReply().toString()).doesNotContain("ERR");
                }
            }
        }

        /// @return how many requests it took
        private int change(RespWriter writer) throws IOException {
            int from = random.nextInt(ACCOUNTS);
            int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
            switch (random.nextInt(6)) {
                case 0 -> {
                    var name = "account:" + id + ":" + from + ":" + random.nextInt(1_000_000);
                    request(writer, List.of("RENAME", names[from], name));
                    names[from] = name;
                }
                case 1 -> request(writer, List.of("EXPIRE", names[from], "1000"));
                case 2 -> request(writer, List.of("PERSIST", names[from]));
                case 3 -> { // to and fro through two accounts
                    request(writer, List.of("COPY", names[from], "copy:" + id, "REPLACE"));
                    request(writer, List.of("DEL", "copy:" + id));
                    return 2;
                }
                case 4 -> { // one after the other: b is never ahead of a, and never more than one behind
                    transfers++;
                    request(writer, List.of("SET", "a:" + id, Long.toString(transfers)));
                    request(writer, List.of("SET", "b:" + id, Long.toString(transfers)));
                    return 2;
                }
                default -> {
                    long amount = random.nextLong(BALANCE);
                    balances[from] -= amount;
                    balances[to] += amount;
                    request(writer, List.of("MSET", names[from], Long.toString(balances[from]), names[to], Long.toString(balances[to])));
                }
            }
            return 1;
        }

        private static void request(RespWriter writer, List<String> words) throws IOException {
            writer.writeRequest(words.stream().map(ByteString::of).toList());
        }
    }

    // ---- what a file may say ----

    private void check(Path file, String which) throws IOException {
        RdbContent content;
        try (var in = Files.newInputStream(file)) {
            content = RdbContent.of(in, true);
        }
        long sum = 0;
        int accounts = 0;
        int others = 0;
        for (var entry : content.entries()) {
            var key = entry.key().toString();
            if (key.startsWith("account:")) {
                accounts++;
                sum += entry.value().parseLong();
            } else if (key.startsWith("other:")) {
                others++;
            }
        }
        assertThat(others).as("untouched keys in %s", which).isEqualTo(OTHERS);
        assertThat(accounts).as("accounts in %s", which).isEqualTo(CLIENTS * ACCOUNTS);
        assertThat(sum).as("sum of all accounts in %s", which).isEqualTo((long) CLIENTS * ACCOUNTS * BALANCE);
        for (int i = 0; i < CLIENTS; i++) {
            long a = content.byKey().get(ByteString.of("a:" + i)).value().parseLong();
            long b = content.byKey().get(ByteString.of("b:" + i)).value().parseLong();
            assertThat(a - b).as("how far b is behind a in %s", which).isBetween(0L, 1L);
        }
        assertThat(content.resizeHint().getFirst()).as("keys announced in %s", which).isEqualTo(content.entries().size());
        assertThat(content.resizeHint().getLast()).as("deadlines announced in %s", which)
                .isEqualTo(content.entries().stream().filter(entry -> entry.deadline() != Store.NEVER).count());
    }

    private Path dump() {
        return directory.resolve("dump.rdb");
    }

    private void takeAndCheck(int round) throws Exception {
        assertThat(server.call("BGSAVE").text()).isEqualTo("Background saving started");
        Eventually.becomesTrue("it is saved", () -> "0".equals(server.info("rdb_bgsave_in_progress")));
        check(dump(), "snapshot " + round);
        server.rewriteLog();
        try (var files = Files.list(directory.resolve("appendonlydir"))) {
            check(files.filter(file -> file.toString().endsWith(".base.rdb")).findFirst().orElseThrow(), "base " + round);
        }
        server.call("SAVE").isOk();
        check(dump(), "foreground snapshot " + round);
        assertThat(failures).isEmpty();
    }

    /// The log too: what a server finds that loads it has the right sum.
    private void checkLog() throws Exception {
        running = false;
        for (var client : clients) client.join();
        server.call("DEBUG", "LOADAOF").isOk();
        server.call("SAVE").isOk();
        check(dump(), "the log");
    }

    @Test
    void noMoneyIsLostInAnySnapshot() throws Exception {
        for (int round = 1; round <= 8; round++) takeAndCheck(round);
        checkLog();
    }

    @Tag("torture")
    @Test
    @Timeout(600)
    void noMoneyIsLostInAnyOfManySnapshots() throws Exception {
        Programs.require("redis-check-rdb");
        int rounds = Boolean.getBoolean("torture.short") ? 50 : 500;
        for (int round = 1; round <= rounds; round++) {
            takeAndCheck(round);
            if (round % 10 == 0) assertThat(Programs.run("", "redis-check-rdb", dump().toString())).contains("RDB looks OK!");
        }
        checkLog();
    }
}
