package redis.server;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ExpireArgs;
import io.lettuce.core.GetExArgs;
import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.support.ConnectionPoolSupport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// Lettuce, a client whose threads share one connection and never wait for it: what a Java program does with it, in both versions of the protocol.
@ParameterizedClass
@EnumSource
class LettuceAcceptanceTest extends AcceptanceTest {

    private static final int CONNECTIONS = 4;

    /// The threads of all clients; to start them takes longer than most of these tests.
    private static ClientResources resources;

    @Parameter
    private ProtocolVersion protocol;

    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;

    @BeforeAll
    static void startThreads() {
        resources = DefaultClientResources.create();
    }

    @AfterAll
    static void endThreads() throws Exception {
        resources.shutdown(0, 0, TimeUnit.SECONDS).get();
    }

    @BeforeEach
    void createClient() {
        client = client(resources, uri().build(), protocol);
        connection = client.connect();
    }

    @AfterEach
    void closeClient() throws Exception {
        client.shutdown(0, 0, TimeUnit.SECONDS);
        redis.call("CONFIG", "SET", "requirepass", "").isOk(); // the server may be somebody else's
    }

    private RedisURI.Builder uri() {
        return uri(address()).withClientName("lettuce");
    }

    static RedisURI.Builder uri(InetSocketAddress address) {
        return RedisURI.builder().withHost(address.getHostString()).withPort(address.getPort()).withTimeout(Duration.ofSeconds(10));
    }

    static RedisClient client(ClientResources resources, RedisURI uri, ProtocolVersion protocol) {
        var client = RedisClient.create(resources, uri);
        client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
        return client;
    }

    @Test
    void oneConnectionServesManyThreads() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < 16; i++) {
                tasks.add(threads.submit(() -> {
                    for (int n = 0; n < 100; n++) connection.sync().incr("counter");
                }));
            }
            for (var task : tasks) task.get();
        }
        assertThat(connection.sync().get("counter")).isEqualTo("1600");
        assertThat(connection.sync().clientList().lines().filter(line -> line.contains(" name=lettuce "))).hasSize(1);
    }

    @Test
    void aPoolServesManyThreads() throws Exception {
        var config = new GenericObjectPoolConfig<StatefulRedisConnection<String, String>>();
        config.setMaxTotal(CONNECTIONS);
        try (var pool = ConnectionPoolSupport.createGenericObjectPool(() -> client.connect(), config);
             var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < 4 * CONNECTIONS; i++) {
                tasks.add(threads.submit(() -> {
                    for (int n = 0; n < 100; n++) {
                        try (var pooled = pool.borrowObject()) {
                            pooled.sync().incr("counter");
                        }
                    }
                    return null;
                }));
            }
            for (var task : tasks) task.get();
        }
        assertThat(connection.sync().get("counter")).isEqualTo(Integer.toString(4 * CONNECTIONS * 100));
    }

    @Test
    void stringsAreReadAndChanged() {
        var commands = connection.sync();
        assertThat(commands.ping()).isEqualTo("PONG");
        assertThat(commands.clientGetname()).isEqualTo("lettuce");
        assertThat(commands.set("key", "grüß dich")).isEqualTo("OK");
        assertThat(commands.get("key")).isEqualTo("grüß dich");
        assertThat(commands.get("none")).isNull();
        assertThat(commands.set("key", "other", SetArgs.Builder.nx())).isNull();
        assertThat(commands.setGet("key", "new", SetArgs.Builder.xx())).isEqualTo("grüß dich");
        assertThat(commands.append("key", "er")).isEqualTo(5);
        assertThat(commands.getdel("key")).isEqualTo("newer");
        assertThat(commands.mget("none", "key")).extracting(KeyValue::hasValue).containsExactly(false, false);
        assertThat(commands.incrbyfloat("number", 1.5)).isEqualTo(1.5);
        assertThat(commands.configGet("appendfsync")).containsEntry("appendfsync", "everysec");
        assertThat(commands.info("server")).contains("redis_version:");
        assertThat(commands.commandCount()).isGreaterThan(50);
        commands.set("text", "abc");
        assertThatThrownBy(() -> commands.incr("text")).isInstanceOf(RedisCommandExecutionException.class)
                .hasMessage("ERR value is not an integer or out of range");
    }

    @Test
    void keysAndValuesAreAnyBytes() {
        var bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        try (var binary = client.connect(ByteArrayCodec.INSTANCE)) {
            binary.sync().set(bytes, bytes);
            assertThat(binary.sync().get(bytes)).isEqualTo(bytes);
            assertThat(binary.sync().randomkey()).isEqualTo(bytes);
        }
    }

    @Test
    void aValueMayBeLarge() {
        var value = "0123456789abcdef".repeat(1 << 20); // 16 MiB
        connection.sync().set("large", value);
        assertThat(connection.sync().get("large")).isEqualTo(value);
    }

    @Test
    void keysExpire() throws Exception {
        var commands = connection.sync();
        commands.set("key", "value", SetArgs.Builder.ex(100));
        assertThat(commands.ttl("key")).isBetween(99L, 100L);
        assertThat(commands.expire("key", 50, ExpireArgs.Builder.gt())).isFalse();
        assertThat(commands.getex("key", GetExArgs.Builder.persist())).isEqualTo("value");
        assertThat(commands.ttl("key")).isEqualTo(-1);
        assertThat(commands.pexpireat("key", 4_000_000_000_000L)).isTrue();
        assertThat(commands.expiretime("key")).isEqualTo(4_000_000_000L);
        assertThat(commands.pexpire("key", 1)).isTrue();
        Eventually.becomesTrue("the key is gone", () -> commands.get("key") == null);
    }

    @Test
    void aPipelineKeepsItsOrder() {
        connection.setAutoFlushCommands(false);
        var commands = connection.async();
        var replies = new ArrayList<RedisFuture<Long>>();
        for (int i = 0; i < 5_000; i++) replies.add(commands.incr("counter"));
        connection.flushCommands();
        assertThat(LettuceFutures.awaitAll(10, TimeUnit.SECONDS, replies.toArray(RedisFuture[]::new))).isTrue();
        assertThat(replies).extracting(RedisFuture::get).isEqualTo(IntStream.rangeClosed(1, 5_000).mapToObj(Long::valueOf).toList());
    }

    @Test
    void aScanFindsEveryKey() {
        for (int from = 0; from < 1_000; from += 100) {
            for (int i = from; i < from + 100; i++) connection.async().set("user:" + i, "x");
        }
        connection.sync().set("order", "x");
        var found = ScanIterator.scan(connection.sync(), KeyScanArgs.Builder.matches("user:*").limit(100).type("string")).stream().toList();
        assertThat(found).doesNotContain("order").contains("user:0", "user:999");
        assertThat(found.stream().distinct()).hasSize(1_000);
    }

    @Test
    void messagesArrive() throws Exception {
        var seen = Collections.synchronizedList(new ArrayList<String>());
        try (var listening = client.connectPubSub()) {
            listening.addListener(new RedisPubSubAdapter<String, String>() {

                @Override
                public void message(String channel, String message) {
                    seen.add(channel + ": " + message);
                }

                @Override
                public void message(String pattern, String channel, String message) {
                    seen.add(pattern + ", " + channel + ": " + message);
                }

                @Override
                public void smessage(String channel, String message) {
                    seen.add("shard " + channel + ": " + message);
                }
            });
            listening.sync().subscribe("news");
            listening.sync().psubscribe("n*");
            listening.sync().ssubscribe("shard");
            var commands = connection.sync();
            assertThat(commands.pubsubNumsub("news")).containsEntry("news", 1L);
            assertThat(commands.pubsubNumpat()).isEqualTo(1);
            assertThat(commands.publish("news", "hello")).isEqualTo(2);
            assertThat(commands.publish("nights", "good")).isEqualTo(1);
            assertThat(commands.spublish("shard", "one")).isEqualTo(1);
            Eventually.becomesTrue("all messages have come", () -> seen.size() == 4);
            listening.sync().unsubscribe("news");
            listening.sync().punsubscribe("n*");
            assertThat(commands.publish("news", "late")).isZero();
            if (protocol == ProtocolVersion.RESP3) assertThat(listening.sync().incr("counter")).isEqualTo(1); // it may ask while it listens
        }
        assertThat(seen).containsExactly("news: hello", "n*, news: hello", "n*, nights: good", "shard shard: one");
    }

    @Test
    void aPasswordIsGiven() throws Exception {
        redis.call("CONFIG", "SET", "requirepass", "s3cret").isOk();
        try (var opened = client.connect(uri().withPassword("s3cret".toCharArray()).build())) {
            assertThat(opened.sync().ping()).isEqualTo("PONG");
        }
        try (var opened = client.connect(uri().withAuthentication("default", "s3cret".toCharArray()).build())) {
            assertThat(opened.sync().set("key", "value")).isEqualTo("OK");
        }
        // The client closes the connection at once, and may report that instead of its cause.
        assertThatThrownBy(() -> client.connect(uri().withPassword("wrong".toCharArray()).build())).isInstanceOf(RedisConnectionException.class);
        assertThatThrownBy(() -> connection.sync().auth("wrong")).hasMessageContaining("WRONGPASS");
    }

    @Test
    void aTransactionIsCarriedOutAsOne() {
        var commands = connection.sync();
        commands.set("counter", "1");
        assertThat(commands.multi()).isEqualTo("OK");
        commands.incr("counter");
        commands.get("none");
        commands.incr("counter");
        var results = commands.exec();
        assertThat(results.wasDiscarded()).isFalse();
        assertThat(results.stream().toList()).isEqualTo(Arrays.asList(2L, null, 3L));
        commands.multi();
        commands.incr("counter");
        assertThat(commands.discard()).isEqualTo("OK");
        assertThat(commands.get("counter")).isEqualTo("3");
    }

    @Test
    void aTransactionFailsIfAWatchedKeyChanges() {
        var commands = connection.sync();
        commands.watch("counter");
        try (var other = client.connect()) {
            other.sync().incr("counter");
        }
        commands.multi();
        commands.set("counter", "10");
        assertThat(commands.exec().wasDiscarded()).isTrue();
        commands.watch("counter");
        commands.multi();
        commands.incr("counter");
        assertThat(commands.exec().stream().toList()).isEqualTo(List.<Object>of(2L));
    }
}
