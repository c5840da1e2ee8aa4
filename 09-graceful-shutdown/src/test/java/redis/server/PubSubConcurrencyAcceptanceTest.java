package redis.server;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespReader;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;

/// Many publish to many at the same time: everybody gets every message, those of one publisher in its order, and no frame is torn by another.
@Order(2)
class PubSubConcurrencyAcceptanceTest extends AcceptanceTest {

    private static final int PUBLISHERS = 4;
    private static final int SUBSCRIBERS = 12; // every third of them asks for something all the time
    private static final int MESSAGES = 300;   // of each publisher

    private static final String[] FILLINGS = {"", "x".repeat(50), "y".repeat(2_000), "z".repeat(20_000)};

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    @FunctionalInterface
    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    private void start(Task task) {
        threads.add(Thread.startVirtualThread(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        }));
    }

    @Test
    void everyMessageReachesEveryoneInOrder() throws Exception {
        var subscribed = new CountDownLatch(SUBSCRIBERS);
        for (int i = 0; i < SUBSCRIBERS; i++) {
            boolean asks = i % 3 == 0;
            boolean byPattern = i % 3 == 1;
            start(() -> {
                try (var subscriber = new Subscriber(asks, byPattern)) {
                    subscribed.countDown();
                    subscriber.run();
                }
            });
        }
        subscribed.await();
        for (int i = 0; i < PUBLISHERS; i++) {
            int publisher = i;
            start(() -> publish(publisher));
        }
        for (var thread : threads) thread.join();
        if (!failures.isEmpty()) throw new AssertionError(failures.size() + " of " + threads.size() + " clients failed", failures.peek());
    }

    /// One publisher sends its requests one by one, the others 10 at a time, with others between them.
    private void publish(int publisher) throws IOException {
        int atATime = publisher == 0 ? 1 : 10;
        try (var client = connect()) {
            for (int i = 0; i < MESSAGES; i += atATime) {
                for (int n = 0; n < atATime; n++) client.send("PUBLISH", "busy", text(publisher, i + n)).send("INCR", "n" + publisher);
                for (int n = 0; n < atATime; n++) {
                    client.read().is(SUBSCRIBERS);
                    client.read().is(i + n + 1);
                }
            }
        }
    }

    private static String text(int publisher, int number) {
        return publisher + ":" + number + ":" + FILLINGS[(publisher + number) % FILLINGS.length];
    }

    /// Speaks version 3 of the protocol. One that asks keeps some requests under way as long as messages come.
    private final class Subscriber implements AutoCloseable {

        private static final int UNDER_WAY = 20;

        private final Socket socket = new Socket(address().getAddress(), address().getPort());
        private final RespWriter writer = new RespWriter(socket.getOutputStream());
        private final RespReader reader = new RespReader(socket.getInputStream());
        private final boolean asks;
        private final boolean byPattern;
        private final int[] next = new int[PUBLISHERS];
        private int asked;
        private int answered;

        Subscriber(boolean asks, boolean byPattern) throws IOException {
            this.asks = asks;
            this.byPattern = byPattern;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(20_000);
            request("HELLO", "3");
            request(byPattern ? "PSUBSCRIBE" : "SUBSCRIBE", byPattern ? "bu*" : "busy");
            writer.flush();
            assertThat(reader.readReply()).isInstanceOf(Resp.Map.class);
            assertThat(reader.readReply()).isInstanceOf(Resp.Push.class);
        }

        void run() throws IOException {
            for (int missing = PUBLISHERS * MESSAGES; missing > 0 || answered < asked; ) {
                if (asks && missing > 0) {
                    while (asked < answered + UNDER_WAY) ask(asked++);
                    writer.flush();
                }
                var frame = reader.readReply();
                if (frame instanceof Resp.Push(var elements)) {
                    checkMessage(elements);
                    missing--;
                } else {
                    assertThat(frame).isEqualTo(answer(answered++));
                }
            }
        }

        private void ask(int number) throws IOException {
            if (number % 2 == 0) request("PING", "p" + number);
            else request("ECHO", "e" + number + FILLINGS[number / 2 % FILLINGS.length]);
        }

        private Resp answer(int number) {
            return Resp.bulk(number % 2 == 0 ? "p" + number : "e" + number + FILLINGS[number / 2 % FILLINGS.length]);
        }

        private void checkMessage(List<Resp> elements) {
            var text = ((Resp.BulkString) elements.getLast()).value().toString();
            int publisher = Integer.parseInt(text.substring(0, text.indexOf(':')));
            var expected = byPattern ? List.of("pmessage", "bu*", "busy", text(publisher, next[publisher]))
                    : List.of("message", "busy", text(publisher, next[publisher]));
            assertThat(elements).isEqualTo(expected.stream().map(Resp::bulk).toList());
            next[publisher]++;
        }

        private void request(String... words) throws IOException {
            writer.writeRequest(List.of(words).stream().map(ByteString::of).toList());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
