package redis.server;

import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.server.Node.Kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// Clients whose server ends and comes back on the same port.
@ParameterizedClass
@CsvSource({"OURS, RESP2", "OURS, RESP3", "REAL, RESP2", "REAL, RESP3"})
class ClientReconnectTest {

    private static ClientResources resources;

    @Parameter(0)
    private Kind kind;

    @Parameter(1)
    private String protocol;

    @TempDir
    private Path directory;

    private final InetSocketAddress address = new InetSocketAddress("127.0.0.1", FixedPorts.next());
    private AutoCloseable server;

    @BeforeAll
    static void startThreads() {
        resources = DefaultClientResources.create();
    }

    @AfterAll
    static void endThreads() throws Exception {
        resources.shutdown(0, 0, TimeUnit.SECONDS).get();
    }

    @BeforeEach
    void start() throws Exception {
        var options = new String[] {"--port", Integer.toString(address.getPort()), "--requirepass", "s3cret", "--appendonly", "no"};
        server = kind == Kind.OURS ? LocalServer.start(directory, options) : RealRedis.startOn(address.getPort(), options);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    @Test
    void jedisFillsItsPoolAnew() throws Exception {
        var config = DefaultJedisClientConfig.builder().protocol(RedisProtocol.valueOf(protocol)).password("s3cret").clientName("jedis");
        try (var jedis = JedisAcceptanceTest.client(address, config)) {
            var pool = jedis.getPool();
            var connections = List.of(pool.getResource(), pool.getResource());
            connections.forEach(pool::returnResource);
            assertThat(jedis.set("key", "value")).isEqualTo("OK");
            stop();
            assertThatThrownBy(() -> jedis.get("key")).isInstanceOf(JedisConnectionException.class);
            start();
            Eventually.becomesTrue("the pool has only connections that work", () -> {
                try {
                    return "OK".equals(jedis.set("key", "again"));
                } catch (JedisConnectionException e) {
                    return false; // one that it had before
                }
            });
            for (int i = 0; i < 10; i++) assertThat(jedis.get("key")).isEqualTo("again");
        }
    }

    @Test
    void lettuceConnectsAgainAndGoesOn() throws Exception {
        var uri = LettuceAcceptanceTest.uri(address).withPassword("s3cret".toCharArray()).withClientName("lettuce").build();
        var seen = new CopyOnWriteArrayList<String>();
        try (var client = LettuceAcceptanceTest.client(resources, uri, ProtocolVersion.valueOf(protocol));
             var connection = client.connect(); var listening = client.connectPubSub()) {
            listening.addListener(new RedisPubSubAdapter<String, String>() {

                @Override
                public void message(String channel, String message) {
                    seen.add(message);
                }
            });
            listening.sync().subscribe("news");
            var commands = connection.sync();
            assertThat(commands.incr("counter")).isEqualTo(1);
            stop();
            Eventually.becomesTrue("it has noticed", () -> !connection.isOpen());
            var waiting = connection.async().incr("counter");
            assertThat(waiting.isDone()).isFalse();
            start();
            assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(1); // a new server, which has no such key yet
            assertThat(commands.clientGetname()).isEqualTo("lettuce");
            Eventually.becomesTrue("it listens again", () -> commands.publish("news", "hello") == 1);
            Eventually.becomesTrue("the message comes", () -> seen.contains("hello"));
        }
    }
}
