package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.ByteString;
import redis.resp.Resp;
import redis.resp.RespClient;

import static org.assertj.core.api.Assertions.assertThat;

/// How good a cache it is: how often a key is there that is asked for, when some keys are asked for far more often than others.
class LruQualityTest {

    private static final int KEYS = 20_000;
    private static final int ROOM = 2_000; // as many of them are held

    /// The key of rank n is asked for with a probability of 1/n, as nearly as one likes.
    private static final class Zipf {
        private final double[] sums = new double[KEYS];
        private final Random random;

        Zipf(long seed) {
            random = new Random(seed);
            double sum = 0;
            for (int i = 0; i < KEYS; i++) sums[i] = sum += 1.0 / (i + 1);
        }

        int next() {
            int at = Arrays.binarySearch(sums, random.nextDouble() * sums[KEYS - 1]);
            return at < 0 ? -at - 1 : at;
        }
    }

    // ---- with a clock that the test moves ----

    @FunctionalInterface
    private interface Cache {
        /// @return whether it was there; it is from now on
        boolean get(int key);
    }

    private static double hitRatio(Cache cache) {
        var zipf = new Zipf(7);
        int hits = 0;
        int counted = 0;
        for (int i = 0; i < 200_000; i++) {
            boolean hit = cache.get(zipf.next());
            if (i < 50_000) continue; // until it is full, and some more
            counted++;
            if (hit) hits++;
        }
        return (double) hits / counted;
    }

    private static Cache exactLru() {
        var cache = new LinkedHashMap<Integer, Boolean>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
                return size() > ROOM;
            }
        };
        return key -> {
            boolean hit = cache.get(key) != null;
            if (!hit) cache.put(key, true);
            return hit;
        };
    }

    /// Ours, at 100 requests a second.
    private static Cache ours(EvictionPolicy policy, int samples) {
        var now = new AtomicLong(1_000_000);
        var store = new Store(() -> Instant.ofEpochMilli(now.get()));
        var pool = new EvictionPool();
        return number -> {
            now.addAndGet(10);
            store.lock();
            try {
                var key = ByteString.of(number);
                if (store.get(key) != null) return true;
                store.set(key, ByteString.EMPTY);
                while (store.size() > ROOM) {
                    if (policy == EvictionPolicy.ALLKEYS_RANDOM) {
                        store.evict(store.anyKey(false));
                        continue;
                    }
                    store.sample(samples, false, candidate -> pool.offer(candidate, store.lastUse(candidate)));
                    var best = pool.poll(store::lastUse);
                    if (best != null) store.evict(best);
                }
                return false;
            } finally {
                store.unlock();
            }
        };
    }

    @Test
    void itComesCloseToTheTrueOrder() {
        double exact = hitRatio(exactLru());
        double five = hitRatio(ours(EvictionPolicy.ALLKEYS_LRU, 5));
        double ten = hitRatio(ours(EvictionPolicy.ALLKEYS_LRU, 10));
        double random = hitRatio(ours(EvictionPolicy.ALLKEYS_RANDOM, 5));
        var numbers = "exact %.4f, ten samples %.4f, five %.4f, random %.4f".formatted(exact, ten, five, random);
        assertThat(five).as(numbers).isBetween(exact - 0.015, exact + 0.01);
        assertThat(ten).as(numbers).isBetween(exact - 0.01, exact + 0.01);
        assertThat(random).as(numbers).isLessThan(exact - 0.03);
    }

    // ---- beside a real one ----

    @TempDir
    private Path directory;

    /// Uses a server as a cache for some time: what is not there is set.
    private static double hitRatio(InetSocketAddress address, Duration time) throws IOException {
        try (var client = RespClient.connect(address, Duration.ofSeconds(10))) {
            for (int i = 0; i < ROOM; i++) client.call("SET", "key:" + i, "v".repeat(200));
            var info = ((Resp.BulkString) client.call("INFO", "memory")).value().toString();
            var used = info.lines().filter(line -> line.startsWith("used_memory:")).findFirst().orElseThrow().substring("used_memory:".length());
            client.call("CONFIG", "SET", "maxmemory", used, "maxmemory-policy", "allkeys-lru");
            var zipf = new Zipf(7);
            long hits = 0;
            long counted = 0;
            long start = System.nanoTime();
            for (long passed = 0; passed < time.toNanos(); passed = System.nanoTime() - start) {
                var keys = new ArrayList<String>();
                for (int i = 0; i < 50; i++) keys.add("key:" + zipf.next());
                for (var key : keys) client.send("GET", key);
                var missed = new ArrayList<String>();
                for (var key : keys) {
                    if (client.read() instanceof Resp.Null) missed.add(key);
                }
                for (var key : missed) client.send("SET", key, "v".repeat(200));
                for (var _ : missed) client.read();
                if (passed < time.toNanos() / 4) continue;
                counted += keys.size();
                hits += keys.size() - missed.size();
                LockSupport.parkNanos(10_000_000); // Redis counts in seconds: a cache is not used up in one
            }
            long held = ((Resp.Integer) client.call("DBSIZE")).value();
            assertThat(held).as("keys that are held").isBetween(ROOM * 8 / 10L, ROOM * 11 / 10L);
            return (double) hits / counted;
        }
    }

    @Tag("torture")
    @Test
    void itIsAsGoodAsRedis() throws Exception {
        var time = Duration.ofSeconds(Boolean.getBoolean("torture.short") ? 10 : 40);
        try (var redis = RealRedis.start(); var ours = LocalServer.start(directory, "--save", "")) {
            double theirs = hitRatio(redis.address(), time);
            double mine = hitRatio(ours.address(), time);
            System.out.printf("hit ratio: redis-server %.4f, this server %.4f%n", theirs, mine);
            assertThat(mine).isBetween(theirs - 0.02, theirs + 0.05);
        }
    }
}
