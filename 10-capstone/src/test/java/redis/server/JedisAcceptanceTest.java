package redis.server;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.JedisShardedPubSub;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.args.ExpiryOption;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.GetExParams;
import redis.clients.jedis.params.SetParams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// Jedis, a client that stands still until its reply is there: what a Java program does with it, in both versions of the protocol.
@ParameterizedClass
@EnumSource(names = {"RESP2", "RESP3"})
class JedisAcceptanceTest extends AcceptanceTest {

    private static final int CONNECTIONS = 4;

    @Parameter
    private RedisProtocol protocol;

    private RedisClient jedis;

    @BeforeEach
    void createClient() {
        jedis = client(config());
    }

    @AfterEach
    void closeClient() throws Exception {
        jedis.close();
        redis.call("CONFIG", "SET", "requirepass", "").isOk(); // the server may be somebody else's
    }

    private DefaultJedisClientConfig.Builder config() {
        return DefaultJedisClientConfig.builder().protocol(protocol).clientName("jedis");
    }

    private RedisClient client(DefaultJedisClientConfig.Builder config) {
        return client(address(), config);
    }

    static RedisClient client(InetSocketAddress address, DefaultJedisClientConfig.Builder config) {
        var pool = new ConnectionPoolConfig();
        pool.setMaxTotal(CONNECTIONS);
        return RedisClient.builder().hostAndPort(new HostAndPort(address.getHostString(), address.getPort())).clientConfig(config.build()).poolConfig(pool)
                .build();
    }

    @Test
    void aPoolServesManyThreads() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < 4 * CONNECTIONS; i++) {
                tasks.add(threads.submit(() -> {
                    for (int n = 0; n < 100; n++) jedis.incr("counter");
                }));
            }
            for (var task : tasks) task.get();
        }
        assertThat(jedis.get("counter")).isEqualTo(Integer.toString(4 * CONNECTIONS * 100));
        var clients = clientList().filter(line -> line.contains(" name=jedis ")).toList();
        assertThat(clients).hasSizeBetween(1, CONNECTIONS).allMatch(line -> line.contains(" resp=" + protocol.version()) || !line.contains(" resp="));
    }

    private Stream<String> clientList() {
        return new String((byte[]) jedis.executeCommand(new CommandArguments(Command.CLIENT).add("LIST")), StandardCharsets.UTF_8).lines();
    }

    @Test
    void itKnowsTheProtocolThatItHasAskedFor() {
        var pool = jedis.getPool();
        try (var connection = pool.getResource()) {
            assertThat(connection.getRedisProtocol()).isEqualTo(protocol);
        }
        assertThat(jedis.ping()).isEqualTo("PONG");
        assertThat(jedis.echo("grüß dich")).isEqualTo("grüß dich");
        assertThat(jedis.configGet("appendfsync")).containsEntry("appendfsync", "everysec");
        assertThat(jedis.info("server")).contains("redis_version:");
    }

    @Test
    void stringsAreReadAndChanged() {
        assertThat(jedis.set("key", "value")).isEqualTo("OK");
        assertThat(jedis.get("key")).isEqualTo("value");
        assertThat(jedis.get("none")).isNull();
        assertThat(jedis.set("key", "other", SetParams.setParams().nx())).isNull();
        assertThat(jedis.setGet("key", "new", SetParams.setParams().xx())).isEqualTo("value");
        assertThat(jedis.append("key", "er")).isEqualTo(5);
        assertThat(jedis.getrange("key", 1, -2)).isEqualTo("ewe");
        assertThat(jedis.setrange("key", 3, "t")).isEqualTo(5);
        assertThat(jedis.getDel("key")).isEqualTo("newtr");
        assertThat(jedis.mset("a", "1", "b", "2")).isEqualTo("OK");
        assertThat(jedis.mget("a", "none", "b")).containsExactly("1", null, "2");
        assertThat(jedis.incrByFloat("a", 0.5)).isEqualTo(1.5);
        assertThat(jedis.exists("a", "b", "none")).isEqualTo(2);
        assertThat(jedis.type("a")).isEqualTo("string");
        assertThat(jedis.keys("?")).containsExactlyInAnyOrder("a", "b");
        assertThat(jedis.unlink("a", "b")).isEqualTo(2);
        assertThat(jedis.dbSize()).isZero();
        jedis.set("text", "abc");
        assertThatThrownBy(() -> jedis.incr("text")).isInstanceOf(JedisDataException.class).hasMessage("ERR value is not an integer or out of range");
    }

    @Test
    void keysAndValuesAreAnyBytes() {
        var bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        jedis.set(bytes, bytes);
        assertThat(jedis.get(bytes)).isEqualTo(bytes);
        assertThat(jedis.keys("*".getBytes(StandardCharsets.US_ASCII))).containsExactly(bytes);
        jedis.set(new byte[0], new byte[0]);
        assertThat(jedis.get(new byte[0])).isEmpty();
    }

    @Test
    void aValueMayBeLarge() {
        var value = "0123456789abcdef".repeat(1 << 20); // 16 MiB
        jedis.set("large", value);
        assertThat(jedis.get("large")).hasSize(value.length()).isEqualTo(value);
    }

    @Test
    void keysExpire() throws Exception {
        jedis.set("key", "value", SetParams.setParams().ex(100));
        assertThat(jedis.ttl("key")).isBetween(99L, 100L);
        assertThat(jedis.expire("key", 50, ExpiryOption.GT)).isZero();
        assertThat(jedis.expire("key", 200, ExpiryOption.GT)).isEqualTo(1);
        assertThat(jedis.getEx("key", GetExParams.getExParams().persist())).isEqualTo("value");
        assertThat(jedis.ttl("key")).isEqualTo(-1);
        assertThat(jedis.pexpireAt("key", 4_000_000_000_000L)).isEqualTo(1);
        assertThat(jedis.expireTime("key")).isEqualTo(4_000_000_000L);
        assertThat(jedis.pexpire("key", 1)).isEqualTo(1);
        Eventually.becomesTrue("the key is gone", () -> jedis.get("key") == null);
        assertThat(jedis.ttl("key")).isEqualTo(-2);
    }

    @Test
    void aPipelineKeepsItsOrder() {
        var replies = new ArrayList<Response<Long>>();
        try (var pipeline = jedis.pipelined()) {
            for (int i = 0; i < 5_000; i++) replies.add(pipeline.incr("counter"));
            pipeline.set("text", "abc");
            var wrong = pipeline.incr("text");
            replies.add(pipeline.incr("counter"));
            pipeline.sync();
            assertThatThrownBy(wrong::get).isInstanceOf(JedisDataException.class);
        }
        assertThat(replies).extracting(Response::get).isEqualTo(IntStream.rangeClosed(1, 5_001).mapToObj(Long::valueOf).toList());
    }

    @Test
    void aScanFindsEveryKey() {
        try (var pipeline = jedis.pipelined()) {
            for (int i = 0; i < 1_000; i++) pipeline.set("user:" + i, "x");
            for (int i = 0; i < 1_000; i++) pipeline.set("order:" + i, "x");
        }
        var found = new HashSet<String>();
        for (var scan = jedis.scanIteration(100, "user:*", "string"); !scan.isIterationCompleted(); ) found.addAll(scan.nextBatchList());
        assertThat(found).hasSize(1_000).allMatch(key -> key.startsWith("user:"));
    }

    @Test
    void messagesArrive() throws Exception {
        var seen = Collections.synchronizedList(new ArrayList<String>());
        var subscriber = new JedisPubSub() {

            @Override
            public void onSubscribe(String channel, int subscribed) {
                seen.add("subscribed to " + channel + ", " + subscribed);
                if (subscribed == 1) psubscribe("n*");
            }

            @Override
            public void onPSubscribe(String pattern, int subscribed) {
                seen.add("subscribed to " + pattern + ", " + subscribed);
            }

            @Override
            public void onMessage(String channel, String message) {
                seen.add(channel + ": " + message);
            }

            @Override
            public void onPMessage(String pattern, String channel, String message) {
                seen.add(pattern + ", " + channel + ": " + message);
            }
        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var listening = threads.submit(() -> jedis.subscribe(subscriber, "news"));
            Eventually.becomesTrue("it listens", () -> seen.size() == 2);
            assertThat(jedis.publish("news", "hello")).isEqualTo(2);
            assertThat(jedis.publish("nights", "good")).isEqualTo(1);
            assertThat(jedis.publish("other", "nobody")).isZero();
            Eventually.becomesTrue("all messages have come", () -> seen.size() == 5);
            subscriber.unsubscribe();
            subscriber.punsubscribe();
            listening.get();
        }
        assertThat(seen).containsExactly("subscribed to news, 1", "subscribed to n*, 2", "news: hello", "n*, news: hello", "n*, nights: good");
        assertThat(jedis.publish("news", "late")).isZero();
    }

    @Test
    void messagesOfShardChannelsArrive() throws Exception {
        var seen = Collections.synchronizedList(new ArrayList<String>());
        var subscriber = new JedisShardedPubSub() {

            @Override
            public void onSSubscribe(String channel, int subscribed) {
                seen.add("subscribed to " + channel + ", " + subscribed);
            }

            @Override
            public void onSMessage(String channel, String message) {
                seen.add(channel + ": " + message);
                sunsubscribe();
            }
        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor(); var connection = jedis.getPool().getResource()) {
            var listening = threads.submit(() -> subscriber.proceed(connection, "shard"));
            Eventually.becomesTrue("it listens", () -> seen.size() == 1);
            assertThat(jedis.publish("shard", "another one")).isZero();
            assertThat(jedis.executeCommand(new CommandArguments(Command.SPUBLISH).add("shard").add("hello"))).isEqualTo(1L);
            listening.get();
        }
        assertThat(seen).containsExactly("subscribed to shard, 1", "shard: hello");
    }

    @Test
    void aPasswordIsGiven() throws Exception {
        redis.call("CONFIG", "SET", "requirepass", "s3cret").isOk();
        try (var client = client(config().password("s3cret"))) {
            assertThat(client.ping()).isEqualTo("PONG");
        }
        try (var client = client(config().user("default").password("s3cret"))) {
            assertThat(client.set("key", "value")).isEqualTo("OK");
        }
        try (var client = client(config().password("wrong"))) {
            assertThatThrownBy(client::ping).isInstanceOf(JedisAccessControlException.class).hasMessageStartingWith("WRONGPASS");
        }
        try (var client = client(config())) {
            assertThatThrownBy(client::ping).hasMessageStartingWith("NOAUTH");
        }
    }

    @Test
    void aTransactionIsCarriedOutAsOne() {
        jedis.set("counter", "1");
        try (var transaction = jedis.multi()) {
            var first = transaction.incr("counter");
            var text = transaction.get("none");
            transaction.set("text", "abc");
            var wrong = transaction.incr("text");
            transaction.incr("counter");
            assertThat(transaction.exec()).hasSize(5).startsWith(2L, null, "OK").endsWith(3L);
            assertThat(first.get()).isEqualTo(2);
            assertThat(text.get()).isNull();
            assertThatThrownBy(wrong::get).isInstanceOf(JedisDataException.class).hasMessage("ERR value is not an integer or out of range");
        }
        try (var transaction = jedis.multi()) {
            transaction.incr("counter");
            assertThat(transaction.discard()).isEqualTo("OK");
        }
        assertThat(jedis.get("counter")).isEqualTo("3");
    }

    @Test
    void aTransactionFailsIfAWatchedKeyChanges() {
        jedis.set("counter", "1");
        try (var transaction = jedis.transaction(false)) {
            transaction.watch("counter");
            jedis.incr("counter"); // by another connection
            transaction.multi();
            transaction.set("counter", "10");
            assertThat(transaction.exec()).isNull();
        }
        try (var transaction = jedis.transaction(false)) {
            transaction.watch("counter");
            transaction.multi();
            transaction.incr("counter");
            assertThat(transaction.exec()).isEqualTo(List.of(3L));
        }
    }
}
