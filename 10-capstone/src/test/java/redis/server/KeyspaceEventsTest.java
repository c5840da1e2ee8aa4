package redis.server;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.resp.ByteString;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/// When there are events, beside commands.
class KeyspaceEventsTest {

    @TempDir
    Path directory;

    private final AtomicLong now = new AtomicLong(1_700_000_000_000L);

    @Test
    void theCommandLineChoosesThemToo() {
        assertThat(ServerConfig.parse("--notify-keyspace-events", "KEA").notifyKeyspaceEvents.text()).isEqualTo("AKE");
        assertThat(ServerConfig.parse().notifyKeyspaceEvents.text()).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse("--notify-keyspace-events", "KEy"))
                .withMessage("--notify-keyspace-events KEy: Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }

    /// All letters but those of other types of values and of modules.
    @Test
    void everyClassHasAnEvent() {
        var letters = new StringBuilder();
        for (var event : KeyspaceEvent.values()) {
            if (letters.indexOf(String.valueOf(event.type())) < 0) letters.append(event.type());
        }
        assertThat(letters.toString()).isEqualTo("$gxenm");
    }

    /// What a log tells has happened long ago.
    @Test
    void nothingIsToldWhileALogIsReplayedOrASnapshotIsLoaded() throws Exception {
        try (var server = LocalServer.withLog(directory, "--notify-keyspace-events", "KEAmn")) {
            server.call("SET", "k", "1").isOk();
            server.call("INCR", "k").is(2);
            server.call("EXPIRE", "k", "1000").is(1);
            server.call("RENAME", "k", "l").isOk();
            try (var listener = server.connect()) {
                listener.call("PSUBSCRIBE", "*");
                server.call("DEBUG", "LOADAOF").isOk();
                server.call("DEBUG", "RELOAD").isOk();
                server.call("GET", "l").is("2");
                server.call("PERSIST", "l").is(1);
                assertThat(listener.read().texts()).endsWith("__keyspace@0__:l", "persist");
            }
        }
    }

    /// Active expiry has no client whose reply would take the messages along: it wakes those who are to get them.
    @Test
    void activeExpiryTellsOfEveryKeyItRemoves() throws Exception {
        try (var server = LocalServer.start(() -> Instant.ofEpochMilli(now.get()), directory, "--save", "", "--notify-keyspace-events", "Ex");
             var listener = server.connect()) {
            listener.call("SUBSCRIBE", "__keyevent@0__:expired");
            var keys = new ArrayList<String>();
            for (int i = 0; i < 1_000; i++) {
                keys.add("key:" + i);
                server.call("SET", "key:" + i, "v", "PX", "500").isOk();
            }
            now.addAndGet(501);
            var expired = new ArrayList<String>();
            for (int i = 0; i < 1_000; i++) expired.add(listener.read().texts().getLast());
            assertThat(expired).containsExactlyInAnyOrderElementsOf(keys);
            server.call("DBSIZE").is(0);
        }
    }

    @Test
    void theStoreTellsOfNewKeysAndOfThoseThatAreOver() {
        var store = new Store(() -> Instant.ofEpochMilli(now.get()));
        var events = new ArrayList<String>();
        store.onEvent((event, key) -> events.add(event.text() + " " + key));
        var k = ByteString.of("k");
        store.lock();
        store.set(k, k, now.get() + 10);
        store.set(k, k, now.get() + 10);
        store.unlock();
        now.addAndGet(11);
        store.lock();
        store.update(k, k);
        store.update(k, k);
        store.delete(k);
        var contents = store.emptyContents();
        contents.load(k, k, Store.NEVER, 0);
        store.restore(contents);
        store.unlock();
        assertThat(events).containsExactly("new k", "expired k", "new k");
    }

    /// With the log on, the message of a write is not held back until the log has it; the reply is. But their order is that of the commands.
    @Test
    void eventsOfManyWritersComeInOneOrder() throws Exception {
        try (var server = LocalServer.withLog(directory, "--notify-keyspace-events", "E$"); var one = server.connect(); var two = server.connect()) {
            one.call("SUBSCRIBE", "__keyevent@0__:set");
            two.call("SUBSCRIBE", "__keyevent@0__:set");
            var writers = new ArrayList<Thread>();
            for (int w = 0; w < 4; w++) {
                int writer = w;
                writers.add(Thread.ofVirtual().start(() -> {
                    try (var client = server.connect()) {
                        for (int i = 0; i < 250; i++) client.call("SET", writer + ":" + i, "v").isOk();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }));
            }
            var seen = new ArrayList<List<String>>();
            for (int i = 0; i < 1_000; i++) seen.add(one.read().texts());
            for (var message : seen) two.read().satisfies(value -> assertThat(value).isEqualTo(
                    new Resp.Array(message.stream().map(Resp::bulk).toList())));
            for (var writer : writers) writer.join();
            for (int w = 0; w < 4; w++) {
                var prefix = w + ":";
                assertThat(seen.stream().map(List::getLast).filter(key -> key.startsWith(prefix)).map(key -> Integer.parseInt(key.substring(2)))).isSorted();
            }
        }
    }
}
