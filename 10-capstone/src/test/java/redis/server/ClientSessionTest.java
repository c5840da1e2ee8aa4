package redis.server;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/// When replies leave, and when the lock is free. On a socket every write is a system call, and most often a packet.
class ClientSessionTest {

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final Store store = new Store(now::get);
    private final ServerConfig config = ServerConfig.parse();
    private final AppendOnlyFile log = new AppendOnlyFile(config, () -> {}); // which was not begun
    private final ReplicationStream stream = new ReplicationStream();
    private final ReplicationHistory history = new ReplicationHistory(stream);
    private final Persistence persistence = new Persistence(config, store, InstantSource.system(), history);
    private final Replicas replicas = new Replicas(config, store, stream, history, persistence, InstantSource.system());
    private final Propagation propagation = new Propagation(store, log, stream);
    private final CommandTable commands = new CommandTable(propagation);
    private final PubSub pubSub = new PubSub();
    private final Replication replication = new Replication(config, store, stream, history, persistence, commands, replicas,
            InstantSource.system());
    private final Shutdown shutdown = new Shutdown(config, store, commands, persistence, stream, replicas, replication, _ -> {});
    private final Authentication authentication = new Authentication(config);

    @Test
    void answersAPacketOfRequestsWithOneWrite() throws IOException {
        new ConnectionCommands(pubSub, replication, authentication).addTo(commands);
        var events = run("PING\r\n".repeat(80), "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n".repeat(3)); // 80: more than one batch
        assertThat(events).containsExactly(
                "read", "write " + "+PONG\r\n".repeat(80),
                "read", "write " + "$2\r\nhi\r\n".repeat(3),
                "read");
    }

    @Test
    void answersWhatIsCompleteBeforeItWaitsForTheRest() throws IOException {
        new ConnectionCommands(pubSub, replication, authentication).addTo(commands);
        var events = run("PING\r\nECHO a\r\n*2\r\n$4\r\nEC", "HO\r\n$1\r\n", "b\r\nPI", "NG\r\n");
        assertThat(events).containsExactly(
                "read", "write +PONG\r\n$1\r\na\r\n",
                "read",
                "read", "write $1\r\nb\r\n",
                "read", "write +PONG\r\n",
                "read");
    }

    @Test
    void sendsItsLastWordsInOneWriteWithTheRepliesBefore() throws IOException {
        new ConnectionCommands(pubSub, replication, authentication).addTo(commands);
        assertThat(run("PING\r\n*x\r\nPING\r\n", "PING\r\n"))
                .containsExactly("read", "write +PONG\r\n-ERR Protocol error: invalid multibulk length\r\n");
        assertThat(run("PING\r\nQUIT\r\nPING\r\n", "PING\r\n"))
                .containsExactly("read", "write +PONG\r\n+OK\r\n");
    }

    /// Somebody begins to wait for the lock while the first of 200 requests is carried out, and has to get it after 64. To wake up takes
    /// them a moment, in which the session could take the lock again: the replies are too large for the session's buffer, so they are
    /// written right after the batch, and here such a write lasts until the other one has had the lock.
    @Test
    void letsOthersInAfterABatch() throws Exception {
        var executed = new AtomicInteger();
        var executedBeforeTurn = new AtomicInteger(-1);
        var hadTurn = new CountDownLatch(1);
        var other = Thread.ofPlatform().name("other").unstarted(() -> {
            store.lock();
            executedBeforeTurn.set(executed.get());
            store.unlock();
            hadTurn.countDown();
        });
        var large = Resp.bulk(ByteString.of(new byte[64 * 1024]));
        addCommand("x", (_, _) -> {
            if (executed.incrementAndGet() == 1) {
                other.start();
                while (other.getState() != Thread.State.WAITING) Thread.onSpinWait();
            }
            return large;
        });
        session(new FakeSocket(List.of(PacketStream.bytes("x\n".repeat(200))), () -> {},
                _ -> assertThat(await(hadTurn)).as("the lock is free while a reply is written").isTrue())).run();

        other.join();
        assertThat(executedBeforeTurn).hasValue(64);
        assertThat(executed).hasValue(200);
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    /// A request that ends the session ends its batch too.
    @Test
    void carriesOutNothingAfterQuit() throws IOException {
        new ConnectionCommands(pubSub, replication, authentication).addTo(commands);
        var executed = new AtomicInteger();
        addCommand("x", (_, _) -> Resp.integer(executed.incrementAndGet()));
        assertThat(run("x\nQUIT\nx\n")).containsExactly("read", "write :1\r\n+OK\r\n");
        assertThat(executed).hasValue(1);
    }

    /// The parameter `timeout`: who sends a large request slowly is not idle.
    @Test
    void aPartOfARequestIsASignOfLife() throws IOException {
        config.timeout.set("10");
        var waits = new ArrayDeque<>(List.of(Duration.ofSeconds(9), Duration.ofSeconds(9), Duration.ofMillis(10_001)));
        var closed = new ArrayList<Boolean>();
        var session = new AtomicReference<ClientSession>();
        var socket = new FakeSocket(Stream.of("*1\r\n$9\r\n", "01234").map(PacketStream::bytes).toList(), () -> {
            now.updateAndGet(instant -> instant.plus(waits.remove()));
            session.get().checkIdle();
            closed.add(!session.get().isLive());
        }, _ -> {});
        session.set(session(socket));
        assertThatIOException().isThrownBy(session.get()::run).isInstanceOf(EOFException.class);
        assertThat(closed).containsExactly(false, false, true);
    }

    private void addCommand(String name, Command.Handler handler) {
        commands.add("test", Command.of(name, -1, EnumSet.noneOf(Command.Flag.class), Command.Keys.NONE, "Is for this test.", handler));
    }

    /// What a session that gets these packets does with its socket.
    private List<String> run(String... packets) throws IOException {
        var events = new ArrayList<String>();
        session(new FakeSocket(Arrays.stream(packets).map(PacketStream::bytes).toList(),
                () -> events.add("read"), written -> events.add("write " + written))).run();
        return events;
    }

    private ClientSession session(Socket socket) throws IOException {
        return new ClientSession(1, 0, socket, config, store, commands, propagation, log, pubSub, stream, replicas, shutdown);
    }

    /// A socket without a network: reads return these packets, and writes go to a test.
    private static final class FakeSocket extends Socket {

        private final InputStream in;
        private final OutputStream out;

        FakeSocket(List<byte[]> packets, Runnable onRead, Consumer<String> onWrite) {
            in = new PacketStream(packets, onRead);
            out = new OutputStream() {
                @Override
                public void write(int b) {
                    throw new AssertionError("a write of a single byte");
                }

                @Override
                public void write(byte[] source, int offset, int length) {
                    onWrite.accept(new String(source, offset, length, StandardCharsets.ISO_8859_1));
                }
            };
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public InputStream getInputStream() {
            return in;
        }

        @Override
        public OutputStream getOutputStream() {
            return out;
        }
    }
}
