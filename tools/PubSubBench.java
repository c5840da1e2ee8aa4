import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// The comparisons of step 07: messages to many subscribers, to none, and to one that does not read. See [Bench].
class PubSubBench {

    static final String CHANNEL = "news";
    static final int TEXT = 32; // bytes of a message
    static final int DELIVERIES = 400_000; // of a round
    static final int SLOW_TEXT = 4 * 1024;

    private final Bench bench;

    PubSubBench(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        if (bench.step.compareTo("07") < 0 || !bench.only.contains("pubsub")) return;
        try (var ours = bench.startOurs(); var redis = Bench.startRedis()) {
            fanOut(ours, redis);
        }
        try (var ours = bench.startOurs(); var redis = Bench.startRedis()) {
            System.out.printf("%nPUBLISH to a channel without subscribers: %d connections, median of %d pairs%n", Bench.CLIENTS, bench.pairs);
            var publish = "publish " + CHANNEL + " " + "x".repeat(TEXT);
            bench.warmUp(ours, redis, List.of(publish));
            System.out.println(Bench.HEADING);
            for (int pipeline : List.of(1, 16)) bench.compare("PUBLISH", ours, redis, publish, pipeline);
        }
        try (var ours = bench.startOurs(); var redis = Bench.startRedis()) {
            slowSubscriber(ours, redis);
        }
    }

    // ---- one message, many who get it ----

    /// Messages per second, all subscribers together, and the server's CPU time in microseconds for each.
    record Run(double messages, double cpu) {}

    void fanOut(Bench.Server ours, Bench.Server redis) throws Exception {
        System.out.printf("%nOne publisher, messages of %d bytes: messages that arrive in a second, median of %d pairs%n", TEXT, bench.pairs);
        System.out.printf("%-18s %8s | %12s %12s %6s | %15s %6s%n", "subscribers", "", "ours", "Redis", "ratio", "CPU µs/message", "ratio");
        for (int count : List.of(100, 1_000)) {
            try (var ourSubscribers = new Subscribers(ours, count); var redisSubscribers = new Subscribers(redis, count)) {
                for (var pace : Pace.values()) {
                    for (int i = 0; i < 3; i++) { // warm up
                        fanOut(ours, ourSubscribers, pace);
                        fanOut(redis, redisSubscribers, pace);
                    }
                    compareFanOut(ours, ourSubscribers, redis, redisSubscribers, pace);
                }
            }
        }
    }

    /// When the publisher sends the next packet.
    enum Pace {
        /// one message, when the one before has arrived everywhere
        ARRIVED("arrived", 1),
        /// one message, when the one before is answered
        ANSWERED("-P 1", 1),
        PIPELINED("-P 16", 16);

        final String text;
        final int pipeline;

        Pace(String text, int pipeline) {
            this.text = text;
            this.pipeline = pipeline;
        }
    }

    private void compareFanOut(Bench.Server ours, Subscribers ourSubscribers, Bench.Server redis, Subscribers redisSubscribers, Pace pace)
            throws Exception {
        var ourRuns = new ArrayList<Run>();
        var redisRuns = new ArrayList<Run>();
        for (int pair = 0; pair < bench.pairs; pair++) {
            if (pair % 2 == 0) ourRuns.add(fanOut(ours, ourSubscribers, pace));
            redisRuns.add(fanOut(redis, redisSubscribers, pace));
            if (pair % 2 == 1) ourRuns.add(fanOut(ours, ourSubscribers, pace));
        }
        var ratios = new double[bench.pairs];
        var cpuRatios = new double[bench.pairs];
        for (int i = 0; i < bench.pairs; i++) {
            ratios[i] = ourRuns.get(i).messages / redisRuns.get(i).messages;
            cpuRatios[i] = ourRuns.get(i).cpu / redisRuns.get(i).cpu;
        }
        System.out.printf("%,18d %8s | %,12.0f %,12.0f %5.2fx | %7.2f %7.2f %5.2fx%n", ourSubscribers.count(), pace.text,
                median(ourRuns, true), median(redisRuns, true), Bench.median(ratios),
                median(ourRuns, false), median(redisRuns, false), Bench.median(cpuRatios));
    }

    private static double median(List<Run> runs, boolean messages) {
        return Bench.median(runs.stream().mapToDouble(messages ? Run::messages : Run::cpu).toArray());
    }

    /// Publishes a number of messages, and waits until they have all arrived.
    private static Run fanOut(Bench.Server server, Subscribers subscribers, Pace pace) throws Exception {
        int packets = DELIVERIES / subscribers.count() / pace.pipeline;
        long deliveries = (long) packets * pace.pipeline * subscribers.count();
        double before = server.cpuSeconds();
        long start = System.nanoTime();
        try (var publisher = new Publisher(server, pace.pipeline, TEXT)) {
            if (pace == Pace.ARRIVED) {
                for (int i = 0; i < packets; i++) {
                    publisher.send();
                    subscribers.await((long) subscribers.count() * MESSAGE);
                    publisher.awaitReplies();
                }
            } else {
                var publishing = Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < packets; i++) publisher.publish();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                subscribers.await(deliveries * MESSAGE);
                publishing.join();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Run(deliveries / seconds, (server.cpuSeconds() - before) * 1e6 / deliveries);
    }

    private static final int MESSAGE = frame("message", CHANNEL, "x".repeat(TEXT)).length;

    private static byte[] frame(String... words) {
        var frame = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) frame.append("$%d\r\n%s\r\n".formatted(word.length(), word));
        return frame.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /// Sends some PUBLISH requests in one packet.
    private static final class Publisher implements AutoCloseable {

        private final SocketChannel channel;
        private final ByteBuffer packet;
        private final int pipeline;
        private final ByteBuffer replies = ByteBuffer.allocateDirect(1024);

        Publisher(Bench.Server server, int pipeline, int text) throws IOException {
            channel = connect(server);
            this.pipeline = pipeline;
            var request = frame("publish", CHANNEL, "x".repeat(text));
            packet = ByteBuffer.allocateDirect(pipeline * request.length);
            for (int i = 0; i < pipeline; i++) packet.put(request);
        }

        /// @return as [#awaitReplies()]
        boolean publish() throws IOException {
            send();
            return awaitReplies();
        }

        void send() throws IOException {
            packet.rewind();
            while (packet.hasRemaining()) channel.write(packet);
        }

        /// @return whether somebody was there to get the last message
        boolean awaitReplies() throws IOException {
            replies.clear();
            int lines = 0;
            for (int seen = 0; lines < pipeline; ) {
                if (channel.read(replies) < 0) throw new EOFException();
                for (; seen < replies.position(); seen++) {
                    if (replies.get(seen) == '\n') lines++;
                }
            }
            return replies.get(replies.position() - 3) != '0' || replies.get(replies.position() - 4) != ':';
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// Clients that listen to the channel, all read by one thread, which counts bytes.
    private static final class Subscribers implements AutoCloseable {

        private final Selector selector = Selector.open();
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        private final int count;

        Subscribers(Bench.Server server, int count) throws IOException {
            this.count = count;
            var request = ByteBuffer.wrap(frame("subscribe", CHANNEL));
            for (int i = 0; i < count; i++) {
                var channel = connect(server);
                channel.write(request.rewind());
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ);
            }
            await((long) count * "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n".length());
        }

        int count() {
            return count;
        }

        /// Reads this many bytes, all clients together.
        void await(long bytes) throws IOException {
            long[] left = {bytes};
            while (left[0] > 0) {
                int ready = selector.select(key -> left[0] -= read((SocketChannel) key.channel()), 10_000);
                if (ready == 0) throw new IllegalStateException(left[0] + " of " + bytes + " bytes have not arrived");
            }
            if (left[0] < 0) throw new IllegalStateException(-left[0] + " bytes more than expected");
        }

        private int read(SocketChannel channel) {
            try {
                int n = channel.read(buffer.clear());
                if (n < 0) throw new EOFException("the server has disconnected a subscriber");
                return n;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            for (var key : selector.keys()) key.channel().close();
            selector.close();
        }
    }

    private static SocketChannel connect(Bench.Server server) throws IOException {
        var channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port));
        channel.socket().setTcpNoDelay(true);
        return channel;
    }

    // ---- one that does not read ----

    void slowSubscriber(Bench.Server ours, Bench.Server redis) throws Exception {
        System.out.printf("%nPING while somebody publishes messages of %,d bytes one by one: milliseconds%n", SLOW_TEXT);
        System.out.printf("%-34s | %7s %7s %7s | %7s %7s %7s | %s%n", "", "ours p50", "p99", "max", "Redis p50", "p99", "max", "p99 ratio");
        for (boolean subscribed : List.of(false, true)) {
            var ourTimes = new ArrayList<Double>();
            var redisTimes = new ArrayList<Double>();
            for (int round = 0; round < bench.pairs + 1; round++) {
                var ourRound = pingWhilePublishing(ours, subscribed);
                var redisRound = pingWhilePublishing(redis, subscribed);
                if (round == 0) continue; // the warm-up
                ourTimes.addAll(ourRound);
                redisTimes.addAll(redisRound);
            }
            System.out.printf("%-34s | %s | %s | %5.2fx%n", subscribed ? "to one that never reads" : "to nobody",
                    Bench.percentiles(ourTimes), Bench.percentiles(redisTimes),
                    Bench.percentile(ourTimes, 0.99) / Bench.percentile(redisTimes, 0.99));
        }
    }

    /// Publishes until the subscriber is disconnected at its hard limit, or as much without one.
    private static List<Double> pingWhilePublishing(Bench.Server server, boolean subscribed) throws Exception {
        var times = new ArrayList<Double>();
        var done = new AtomicBoolean();
        try (var publisher = new Publisher(server, 1, SLOW_TEXT); var subscriber = connect(server); var other = new Bench.Connection(server)) {
            if (subscribed) {
                subscriber.write(ByteBuffer.wrap(frame("subscribe", CHANNEL)));
                while (other.integer("PUBLISH " + CHANNEL + " x") == 0) Thread.onSpinWait();
            }
            int enough = 40 * 1024 * 1024 / SLOW_TEXT;
            var publishing = Thread.ofPlatform().start(() -> {
                try {
                    boolean got = subscribed;
                    for (int i = 0; subscribed ? got : i < enough; i++) {
                        got = publisher.publish();
                        if (i > 10 * enough) throw new IllegalStateException(server.name + " does not disconnect who never reads");
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                } finally {
                    done.set(true);
                }
            });
            while (!done.get()) {
                long start = System.nanoTime();
                other.ping();
                times.add((System.nanoTime() - start) / 1e6);
                TimeUnit.MICROSECONDS.sleep(100);
            }
            publishing.join();
        }
        return times;
    }
}
