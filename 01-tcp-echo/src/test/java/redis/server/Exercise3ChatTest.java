package redis.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/// Exercise 3: with `--chat yes`, each line that a client sends goes to all the others, whole.
@Tag("exercise")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class Exercise3ChatTest {

    @Test
    void aLineGoesToEverybodyElse() throws IOException {
        try (var server = start(); var ann = new Guest(server); var bob = new Guest(server); var eve = new Guest(server)) {
            meet(ann, bob, eve);
            ann.say("hello\n");
            assertThat(bob.hear()).isEqualTo("hello");
            assertThat(eve.hear()).isEqualTo("hello");
            bob.say("hi Ann\n");
            assertThat(ann.hear()).as("not her own words").isEqualTo("hi Ann");
            assertThat(eve.hear()).isEqualTo("hi Ann");
        }
    }

    @Test
    void aLineArrivesWholeHoweverItWasSent() throws IOException {
        try (var server = start(); var ann = new Guest(server); var bob = new Guest(server); var eve = new Guest(server)) {
            meet(ann, bob, eve);
            ann.say("half a ");
            bob.say("a whole line\n");
            assertThat(eve.hear()).isEqualTo("a whole line");
            ann.say("line\nand");
            assertThat(eve.hear()).isEqualTo("half a line");
            ann.say(" one more\n");
            assertThat(eve.hear()).isEqualTo("and one more");
        }
    }

    @Test
    void linesSentAtTheSameTimeAreNotMixed() throws Exception {
        int lines = 500;
        try (var server = start(); var ann = new Guest(server); var bob = new Guest(server); var eve = new Guest(server)) {
            meet(ann, bob, eve);
            var threads = new ArrayList<FutureTask<Void>>();
            threads.add(inBackground(() -> ann.chatter("a".repeat(3_000) + "\n", lines)));
            threads.add(inBackground(() -> bob.chatter("b".repeat(3_000) + "\n", lines)));
            threads.add(inBackground(() -> ann.listen(lines)));
            threads.add(inBackground(() -> bob.listen(lines)));
            int fromAnn = 0;
            for (int i = 0; i < 2 * lines; i++) {
                var line = eve.hear();
                assertThat(line).matches("a{3000}|b{3000}");
                if (line.startsWith("a")) fromAnn++;
            }
            assertThat(fromAnn).isEqualTo(lines);
            for (var thread : threads) thread.get();
        }
    }

    private static RedisServer start() throws IOException {
        var server = new RedisServer(ServerConfig.parse("--port", "0", "--chat", "yes"));
        server.start();
        return server;
    }

    /// Returns when all three are there: guests are admitted in the order in which they came, so when the last is heard, all are in.
    private static void meet(Guest ann, Guest bob, Guest eve) throws IOException {
        eve.say("I am here\n");
        assertThat(ann.hear()).isEqualTo("I am here");
        assertThat(bob.hear()).isEqualTo("I am here");
    }

    private static FutureTask<Void> inBackground(Callable<Void> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private static final class Guest implements AutoCloseable {

        private final Socket socket;
        private final BufferedReader in;

        Guest(RedisServer server) throws IOException {
            socket = new Socket("127.0.0.1", server.port());
            socket.setSoTimeout(10_000);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        }

        void say(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        String hear() throws IOException {
            return in.readLine();
        }

        Void chatter(String line, int times) throws IOException {
            for (int i = 0; i < times; i++) say(line);
            return null;
        }

        Void listen(int lines) throws IOException {
            for (int i = 0; i < lines; i++) hear();
            return null;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
