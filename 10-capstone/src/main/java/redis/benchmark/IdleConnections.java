package redis.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import redis.resp.RespClient;

/// What connections cost that do nothing: how much memory a server needs for them, and whether it still answers others as fast.
///
/// Each connection asks for one PING and then stays silent, as the connections of a pool do. What the kernel keeps for them is not counted: it
/// is the same for every server.
public final class IdleConnections {

    private static final int DEFAULT_CONNECTIONS = 100_000;

    /// Open files of either side that are no such connections.
    private static final int OTHER_FILES = 200;

    /// How many connections come from one address of this machine. It has some 28,000 ports for them, but the fewer are left, the longer the search for one.
    private static final int PER_ADDRESS = 5_000;

    private static final int PINGS = 20_000;

    /// If the memory has not become less for so long, it will not.
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final String LINE = "%-8s %12s %12s %14s %14s %10s %10s %10s %10s%n";

    private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PONG = "+PONG\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final String USAGE = """
            Opens connections that do nothing, to our server and then to a real Redis, and tells how much memory each server needs for them.

              --connections NUMBER   how many (default %d)
              --help                 print this
            """.formatted(DEFAULT_CONNECTIONS);

    /// @param before resident memory in bytes without the connections
    /// @param with the same, with them
    /// @param seconds how long it took to open all of them, one after the other
    private record Result(String server, int connections, long before, long with, double seconds, Histogram quiet, Histogram beside) {

        String line() {
            return LINE.formatted(server, mib(before), mib(with), "%.1f KiB".formatted((with - before) / 1024.0 / connections),
                    "%,.0f/s".formatted(connections / seconds), millis(quiet, 50), millis(quiet, 99), millis(beside, 50), millis(beside, 99));
        }

        private static String mib(long bytes) {
            return "%,d MiB".formatted(bytes >> 20);
        }

        private static String millis(Histogram nanos, double percentile) {
            return Table.millis(nanos.getValueAtPercentile(percentile) / 1e6);
        }
    }

    private IdleConnections() {}

    public static void main(String... args) {
        Benchmark.runUntilInterrupted(System.out, () -> run(System.out, args));
    }

    /// @return the status to exit with
    /// @throws InterruptedException if the thread is interrupted; what was started is stopped then
    static int run(PrintStream out, String... args) throws InterruptedException {
        int connections;
        try {
            connections = connections(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + " Try --help.");
            return Benchmark.CANNOT_RUN;
        }
        if (connections == 0) {
            out.print(USAGE);
            return Benchmark.OK;
        }
        var complaint = complaint(connections);
        if (complaint.isPresent()) {
            System.err.println(complaint.get());
            return Benchmark.CANNOT_RUN;
        }
        try {
            measure(out, connections);
            return Benchmark.OK;
        } catch (IOException e) {
            System.err.println(e.getMessage());
            return Benchmark.A_ROW_FAILED;
        }
    }

    /// @return 0 if the user asked for `--help`
    private static int connections(String... args) {
        if (List.of(args).contains("--help")) return 0;
        if (args.length == 0) return DEFAULT_CONNECTIONS;
        if (!args[0].equals("--connections")) throw new IllegalArgumentException("Unknown option " + args[0] + ".");
        if (args.length == 1) throw new IllegalArgumentException("--connections needs a value.");
        if (args.length > 2) throw new IllegalArgumentException("Unknown option " + args[2] + ".");
        if (args[1].matches("[1-9]\\d{0,6}")) return Integer.parseInt(args[1]);
        throw new IllegalArgumentException("--connections " + args[1] + ": must be from 1 to 9999999.");
    }

    /// What the system does not allow; empty if that many connections can be had. Every process has its own limit, and gets it from the one that starts it.
    private static Optional<String> complaint(int connections) {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean system)) return Optional.empty();
        long limit = system.getMaxFileDescriptorCount();
        long needed = (long) connections + OTHER_FILES;
        if (limit >= needed) return Optional.empty();
        return Optional.of("""
                %,d connections take as many open files in the server, and again in this program; a process may have %,d here.
                Raise the limit in the shell that starts it (ulimit -n %d), which needs root, or a higher hard limit in /etc/security/limits.conf;
                or ask for fewer connections: --connections %d.""".formatted(connections, limit, needed, Math.max(1, limit - OTHER_FILES)));
    }

    private static void measure(PrintStream out, int connections) throws IOException, InterruptedException {
        out.printf("%,d connections that do nothing, on %s%n%n", connections, Machine.current());
        out.print(LINE.formatted("", "resident", "", "for each", "connected", "PING alone", "", "beside", ""));
        out.print(LINE.formatted("", "without", "with them", "connection", "", "p50 ms", "p99 ms", "p50 ms", "p99 ms"));
        var launches = new ArrayList<>(List.of(Launch.ours()));
        Launch.redis().ifPresent(launches::add);
        for (var launch : launches) out.print(measure(launch, connections).line());
        if (launches.size() == 1) out.println("\nredis-server is not installed: ours is measured alone. To get one: " + Launch.HOW_TO_GET_REDIS + ".");
    }

    private static Result measure(Launch launch, int connections) throws IOException, InterruptedException {
        var options = List.of("--maxclients", Integer.toString(connections + 10), "--save", "", "--appendonly", "no");
        var open = new ArrayList<SocketChannel>();
        try (var server = RunningServer.start(launch, 0, options); var asking = connect(server.address, 0)) {
            unprotect(server.address);
            ping(asking); // before it is warm
            var quiet = ping(asking);
            long before = server.residentBytes();
            long start = System.nanoTime();
            for (int i = 0; i < connections; i++) {
                open.add(connect(server.address, i / PER_ADDRESS));
                ask(open.getLast());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            long with = settled(server);
            return new Result(launch.name(), connections, before, with, seconds, quiet, ping(asking));
        } catch (IOException e) {
            throw new IOException("%s, with %,d connections: %s".formatted(launch.name(), open.size(), e.getMessage()), e);
        } finally {
            for (var channel : open) channel.close();
        }
    }

    /// Resident memory when no more of it is given back: Redis frees the buffers of a client that has been idle for two seconds, some clients at a time.
    private static long settled(RunningServer server) throws IOException, InterruptedException {
        long least = server.residentBytes();
        long since = System.nanoTime();
        while (System.nanoTime() - since < QUIET_NANOS) {
            TimeUnit.MILLISECONDS.sleep(200);
            long now = server.residentBytes();
            if (now < least - (least >> 7)) since = System.nanoTime();
            least = Math.min(least, now);
        }
        return least;
    }

    /// In Redis's protected mode only 127.0.0.1 is this machine. A server without that mode has nothing against the other addresses, so its reply is no matter.
    private static void unprotect(InetSocketAddress server) throws IOException {
        try (var client = RespClient.connect(server, Duration.ofSeconds(5))) {
            client.call("CONFIG", "SET", "protected-mode", "no");
        }
    }

    /// @param address which of the addresses of this machine it comes from: 0 for 127.0.0.1, 1 for 127.0.0.2 … (Linux has all of them)
    private static SocketChannel connect(InetSocketAddress server, int address) throws IOException, InterruptedException {
        if (Thread.interrupted()) throw new InterruptedException();
        var channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.bind(new InetSocketAddress("127.0.0." + (1 + address), 0));
            channel.connect(server);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// Asks as often as it takes for percentiles, one request at a time.
    private static Histogram ping(SocketChannel channel) throws IOException {
        var nanos = new Histogram(3);
        for (int i = 0; i < PINGS; i++) {
            long start = System.nanoTime();
            ask(channel);
            nanos.recordValue(System.nanoTime() - start);
        }
        return nanos;
    }

    private static void ask(SocketChannel channel) throws IOException {
        channel.write(ByteBuffer.wrap(PING)); // fits the socket's buffer
        var reply = ByteBuffer.allocate(PONG.length);
        while (reply.hasRemaining()) {
            if (channel.read(reply) < 0) throw new EOFException("the server has closed a connection, after " + text(reply.flip()));
        }
        if (!reply.flip().equals(ByteBuffer.wrap(PONG))) throw new LoadException("the reply to PING begins with " + text(reply));
    }

    private static String text(ByteBuffer bytes) {
        return '"' + new String(bytes.array(), 0, bytes.limit(), StandardCharsets.US_ASCII).strip() + '"';
    }
}
