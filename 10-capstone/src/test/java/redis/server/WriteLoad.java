package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import redis.resp.Resp;
import redis.resp.RespClient;

import static org.assertj.core.api.Assertions.assertThat;

/// Clients that write to a server until they are stopped: random commands, many of which do another thing when they are carried out twice, not at
/// all, or in another order. Some are in transactions.
final class WriteLoad implements AutoCloseable {

    private static final int KEYS = 500;
    private static final int PIPELINE = 8;

    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> clients = new ArrayList<>();
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean running = true;

    WriteLoad(InetSocketAddress address, int clients, long seed) {
        for (int i = 0; i < clients; i++) {
            var random = new Random(seed + i);
            this.clients.add(executor.submit(() -> run(address, random)));
        }
    }

    private Void run(InetSocketAddress address, Random random) throws IOException {
        try (var client = RespClient.connect(address, Duration.ofSeconds(10))) {
            while (running) {
                boolean atomic = random.nextInt(4) == 0;
                if (atomic) client.send("MULTI");
                for (int i = 0; i < PIPELINE; i++) client.send(request(random));
                if (atomic) client.send("EXEC");
                for (int i = 0; i < PIPELINE + (atomic ? 2 : 0); i++) {
                    var reply = client.read();
                    if (reply instanceof Resp.SimpleError(var message) && !message.contains("not an integer")) throw new AssertionError(message);
                }
                requests.addAndGet(PIPELINE);
            }
        }
        return null;
    }

    private static String[] request(Random random) {
        var key = "key:" + random.nextInt(KEYS);
        return switch (random.nextInt(14)) {
            case 0, 1 -> new String[] {"SET", key, "x".repeat(random.nextInt(200))};
            case 2, 3, 4 -> new String[] {"INCR", "counter:" + random.nextInt(KEYS)};
            case 5, 6 -> new String[] {"APPEND", key, Integer.toString(random.nextInt(1_000))};
            case 7 -> new String[] {"DEL", key, "key:" + random.nextInt(KEYS)};
            case 8 -> new String[] {"SET", key, "for a moment", "PX", Integer.toString(1 + random.nextInt(100))};
            case 9 -> new String[] {"EXPIRE", key, Integer.toString(1_000 + random.nextInt(1_000))};
            case 10 -> new String[] {"PERSIST", key};
            case 11 -> new String[] {"PEXPIRE", "counter:" + random.nextInt(KEYS), Integer.toString(1 + random.nextInt(100))};
            case 12 -> new String[] {"SET", "key:" + random.nextInt(KEYS), "y".repeat(random.nextInt(3_000)), "EX", "1000"};
            default -> new String[] {"INCRBYFLOAT", "float:" + random.nextInt(10), "0.5"};
        };
    }

    /// How many requests have been answered.
    long requests() {
        return requests.get();
    }

    /// Returns when so many requests more have been answered.
    void await(long more) throws Exception {
        long wanted = requests() + more;
        Eventually.becomesTrue("there is load", () -> requests() >= wanted || clients.stream().anyMatch(Future::isDone));
        assertThat(requests()).isGreaterThanOrEqualTo(wanted);
    }

    /// Returns when all replies are here.
    void stop() throws Exception {
        running = false;
        for (var client : clients) client.get();
    }

    @Override
    public void close() {
        running = false;
        executor.close();
    }
}
