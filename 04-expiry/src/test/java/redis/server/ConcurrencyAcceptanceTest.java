package redis.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Every command is carried out as a whole, before or after any other, and everybody sees the same order.
@Order(5)
class ConcurrencyAcceptanceTest extends AcceptanceTest {

    /// What one of the clients does.
    @FunctionalInterface
    private interface Task {
        void run(int number, TestClient client) throws Exception;
    }

    /// Connects this many clients, starts them at the same moment and waits for all. One that fails fails the test.
    private void together(int clients, Task task) throws Exception {
        var barrier = new CyclicBarrier(clients);
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < clients; i++) {
            int number = i;
            threads.add(Thread.startVirtualThread(() -> {
                try (var client = connect()) {
                    barrier.await();
                    task.run(number, client);
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (var thread : threads) thread.join();
        if (!failures.isEmpty()) throw new AssertionError(failures.size() + " of " + clients + " clients failed", failures.peek());
    }

    /// Half of the clients wait for each reply, the others send 50 requests at a time.
    @Test
    void noIncrementIsLost() throws Exception {
        int clients = 50;
        int increments = 2_000;
        together(clients, (number, client) -> {
            int atATime = number % 2 == 0 ? 1 : 50;
            long last = 0;
            for (int i = 0; i < increments; i += atATime) {
                for (int n = 0; n < atATime; n++) client.send("INCR", "counter");
                for (int n = 0; n < atATime; n++) {
                    var reply = client.read();
                    reply.isBetween(last + 1, clients * increments); // what one client sees grows
                    last = Long.parseLong(reply.text());
                }
            }
        });
        redis.call("GET", "counter").is(Integer.toString(clients * increments));
    }

    @Test
    void oneOfManyWinsARace() throws Exception {
        int rounds = 200;
        var winners = new ConcurrentLinkedQueue<String>();
        together(8, (number, client) -> {
            for (int round = 0; round < rounds; round++) {
                var key = "lock:" + round;
                boolean won = number % 2 == 0
                        ? client.call("SETNX", key, "" + number).text().equals("1")
                        : client.call("SET", key, "" + number, "NX").text() != null;
                if (won) winners.add(key + " " + number);
            }
        });
        assertThat(winners).hasSize(rounds);
        for (var winner : winners) redis.call("GET", winner.split(" ")[0]).is(winner.split(" ")[1]);
    }

    @Test
    void msetnxSetsAllOrNothing() throws Exception {
        int rounds = 200;
        var winners = new ConcurrentLinkedQueue<String>();
        together(8, (number, client) -> {
            var value = "" + number;
            for (int round = 0; round < rounds; round++) {
                var mine = "mine:" + round + ":" + number;
                var request = number % 2 == 0
                        ? client.call("MSETNX", "a:" + round, value, mine, value, "b:" + round, value)
                        : client.call("MSETNX", "b:" + round, value, mine, value, "a:" + round, value);
                if (request.text().equals("1")) winners.add(round + ":" + number);
            }
        });
        assertThat(winners).hasSize(rounds);
        for (var winner : winners) {
            var number = winner.split(":")[1];
            var round = winner.split(":")[0];
            redis.call("MGET", "a:" + round, "b:" + round, "mine:" + winner).is(List.of(number, number, number));
        }
        redis.call("DBSIZE").is(3 * rounds); // so who lost has left nothing
    }

    @Test
    void aReaderSeesNoHalfOfAnMset() throws Exception {
        redis.call("MSET", "a", "0", "b", "0", "c", "0").isOk();
        together(6, (number, client) -> {
            for (int i = 0; i < 500; i++) {
                var value = number + "." + i;
                if (number < 3) client.call("MSET", "a", value, "b", value, "c", value).isOk();
                else client.call("MGET", "a", "b", "c").satisfies(values ->
                        assertThat(new HashSet<>(((Resp.Array) values).elements())).as("what one MSET has set together").hasSize(1));
            }
        });
    }

    @Test
    void renamedKeysAreAlwaysSomewhere() throws Exception {
        redis.call("SET", "a", "v").isOk();
        together(4, (number, client) -> {
            for (int i = 0; i < 500; i++) {
                if (number == 0) client.call("RENAME", i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "b" : "a").isOk();
                else client.call("EXISTS", "a", "b").is(1);
            }
        });
    }
}
