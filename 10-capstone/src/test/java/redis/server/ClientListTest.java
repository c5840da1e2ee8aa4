package redis.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/// What CLIENT LIST tells that a client on the other side of a network cannot bring about at will.
class ClientListTest {

    @TempDir
    Path directory;

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);

    @Test
    void tellsHowOldAConnectionIsAndHowLongItHasBeenIdle() throws Exception {
        try (var server = LocalServer.start(() -> Instant.ofEpochMilli(now.get()), directory, "--save", ""); var other = server.connect()) {
            other.call("PING");
            assertThat(ages(server, 2)).isEqualTo("age=0 idle=0");
            now.addAndGet(1_999);
            assertThat(ages(server, 2)).isEqualTo("age=1 idle=1");
            now.addAndGet(8_001);
            assertThat(ages(server, 2)).isEqualTo("age=10 idle=10");
            assertThat(ages(server, 1)).as("the caller").isEqualTo("age=10 idle=0");
            other.call("PING");
            now.addAndGet(3_000);
            assertThat(ages(server, 2)).isEqualTo("age=13 idle=3");
            other.call("SUBSCRIBE", "a");
            now.addAndGet(5_000);
            assertThat(ages(server, 2)).isEqualTo("age=18 idle=5");
            server.call("PUBLISH", "a", "x").is(1);
            assertThat(ages(server, 2)).as("it has been sent a message").isEqualTo("age=18 idle=0");
        }
    }

    private static String ages(LocalServer server, int id) throws Exception {
        return server.call("CLIENT", "LIST", "ID", Integer.toString(id)).text().replaceFirst("(?s).* (age=\\S+ idle=\\S+) .*", "$1");
    }

    /// One that does not read: what waits for it is in `oll`, replies and messages, and `omem`, bytes.
    @Test
    void tellsHowMuchWaitsForAClient() throws Exception {
        try (var server = LocalServer.start(directory, "--save", ""); var slow = server.connect()) {
            slow.call("SUBSCRIBE", "a");
            var message = "x".repeat(1 << 20);
            for (int i = 0; i < 16; i++) server.call("PUBLISH", "a", message).is(1); // more than the socket's buffers take
            Eventually.becomesTrue("something waits", () -> waiting(server) > 1 << 20);
            for (int i = 0; i < 16; i++) slow.read().satisfies(_ -> {});
            Eventually.becomesTrue("nothing waits any more", () -> waiting(server) == 0);
        }
    }

    private static long waiting(LocalServer server) throws Exception {
        return Long.parseLong(server.call("CLIENT", "LIST", "ID", "2").text().replaceFirst("(?s).* omem=(\\d+) .*", "$1"));
    }

    /// Its session waits for it to read, and holds the lock of its outbox meanwhile.
    @Test
    void aClientThatDoesNotReadCanBeKilled() throws Exception {
        try (var server = LocalServer.start(directory, "--save", ""); var stuck = server.connect()) {
            server.call("SET", "k", "x".repeat(1 << 20)).isOk();
            stuck.sendRaw("GET k\r\n".repeat(32));
            Eventually.becomesTrue("something waits", () -> waiting(server) > 1 << 20);
            server.call("CLIENT", "KILL", "ID", "2").is(1);
            Eventually.becomesTrue("its session has ended", () -> "1".equals(server.info("connected_clients")));
        }
    }

    /// Closing a connection is a system call, for which nobody else is to wait; and the reply says that it is closed.
    @Test
    void aConnectionIsClosedWhenTheLockIsFreeAndBeforeTheReply() throws IOException {
        var store = new Store(InstantSource.system());
        var events = new ArrayList<String>();
        var sessions = new HashSet<ClientSession>();
        var commands = new CommandTable(new Propagation(store, new AppendOnlyFile(ServerConfig.parse(), () -> {}), new ReplicationStream()),
                statistics(store));
        new ClientCommands(sessions, new ClientPause(store)).addTo(commands);
        var killer = session(1, "CLIENT KILL ID 2\r\nCLIENT LIST ID 2\r\n", store, commands, events);
        var victim = session(2, "CLIENT ID\r\n", store, commands, events);
        sessions.addAll(List.of(killer, victim));
        killer.run();
        assertThat(events).containsExactly("2 closes, the lock is free: true", "1 is sent :1\r\n$0\r\n\r\n");
        victim.run();
        assertThat(events).as("it does not answer any more").hasSize(2);
    }

    private static ClientSession session(long id, String requests, Store store, CommandTable commands, List<String> events) throws IOException {
        var config = ServerConfig.parse();
        var log = new AppendOnlyFile(config, () -> {});
        var socket = new Socket() {
            @Override
            public void setTcpNoDelay(boolean on) {}

            @Override
            public InputStream getInputStream() {
                return new ByteArrayInputStream(requests.getBytes(StandardCharsets.ISO_8859_1));
            }

            @Override
            public OutputStream getOutputStream() {
                return new OutputStream() {
                    @Override
                    public void write(int b) {
                        throw new AssertionError("a write of a single byte");
                    }

                    @Override
                    public void write(byte[] source, int offset, int length) {
                        events.add(id + " is sent " + new String(source, offset, length, StandardCharsets.ISO_8859_1));
                    }
                };
            }

            @Override
            public void close() {
                var free = new CountDownLatch(1);
                Thread.ofVirtual().start(() -> {
                    store.lock();
                    store.unlock();
                    free.countDown();
                });
                try {
                    events.add(id + " closes, the lock is free: " + free.await(5, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        };
        var stream = new ReplicationStream();
        var history = new ReplicationHistory(stream);
        var persistence = new Persistence(config, store, InstantSource.system(), history);
        var replicas = new Replicas(config, store, stream, history, persistence, InstantSource.system());
        var pubSub = new PubSub();
        var replication = new Replication(config, store, stream, history, persistence, commands, replicas, InstantSource.system(), statistics(store));
        return new ClientSession(id, 0, socket, config, store, commands, new Propagation(store, log, stream), log, pubSub, stream, replicas,
                new Shutdown(config, store, new ClientPause(store), persistence, stream, replicas, replication, _ -> {}), statistics(store));
    }

    private static Statistics statistics(Store store) {
        var config = ServerConfig.parse();
        return new Statistics(config, store, new SlowLog(config, InstantSource.system()));
    }
}
