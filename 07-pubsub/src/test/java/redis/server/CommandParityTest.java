package redis.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// This server beside a real redis-server: what the commands say of themselves, what they answer to the same requests in both versions of the
/// protocol, and of which events of keys they tell meanwhile.
class CommandParityTest {

    /// Commands that Redis 7.0 does not have yet, or does not list.
    private static final Set<String> NEWER = Set.of("client|setinfo", "debug|help", "debug|loadaof", "debug|reload");

    private static RealRedis real;
    private static RedisServer ours;

    @BeforeAll
    static void startBoth() throws Exception {
        real = RealRedis.start("--databases", "1");
        ours = new RedisServer(ServerConfig.parse("--port", "0", "--save", ""));
        ours.start();
    }

    @AfterAll
    static void stopBoth() throws Exception {
        if (ours != null) ours.close();
        if (real != null) real.close();
    }

    // ---- what they say of themselves ----

    @Test
    void commandsDescribeThemselvesAsThoseOfRedis() throws IOException {
        try (var redis = new TestClient(real.address()); var us = connectToOurs()) {
            var names = namesOf(elements(us.call("COMMAND").value()));
            names.removeAll(NEWER);
            assertThat(names).hasSizeGreaterThan(40);
            var request = new ArrayList<>(List.of("COMMAND", "INFO"));
            request.addAll(names);
            var words = request.toArray(String[]::new);
            assertThat(describe(us.call(words))).isEqualTo(describe(redis.call(words)));
        }
    }

    /// Name, arity, flags, first key, last key, step: one command a line.
    private static String describe(Reply reply) {
        return elements(reply.value()).stream()
                .map(command -> command instanceof Resp.Array(var fields) ? describe(fields) : "unknown")
                .collect(Collectors.joining("\n"));
    }

    private static String describe(List<Resp> fields) {
        var flags = elements(fields.get(2)).stream().map(CommandParityTest::text).collect(Collectors.joining(" "));
        return "%s: arity %s, flags [%s], keys %s %s %s".formatted(text(fields.get(0)), text(fields.get(1)), flags,
                text(fields.get(3)), text(fields.get(4)), text(fields.get(5)));
    }

    private static List<String> namesOf(List<Resp> commands) {
        var names = new ArrayList<String>();
        for (var command : commands) {
            names.add(text(elements(command).getFirst()));
            names.addAll(namesOf(elements(elements(command).get(9))));
        }
        return names;
    }

    private static List<Resp> elements(Resp array) {
        return ((Resp.Array) array).elements();
    }

    private static String text(Resp value) {
        return new Reply("", new byte[0], value, null).text();
    }

    // ---- what they answer ----

    private static final long SEED = 20_260_101;
    private static final int ROUNDS = 100;
    private static final int REQUESTS_A_ROUND = 40;

    /// What requests are made of: a word in capitals stands for any of its kind, and something in square brackets may be missing.
    private static final List<String> FORMS = """
            get KEY
            set KEY VALUE [OPTION] [OPTION] [OPTION]
            getset KEY VALUE
            setnx KEY VALUE
            getdel KEY
            mget KEY [KEY] [KEY]
            mset KEY VALUE [KEY] [VALUE] [KEY] [VALUE]
            msetnx KEY VALUE [KEY] [VALUE]
            append KEY VALUE
            strlen KEY
            getrange KEY INTEGER INTEGER
            setrange KEY INTEGER VALUE
            incr KEY
            decr KEY
            incrby KEY INTEGER
            decrby KEY INTEGER
            incrbyfloat KEY FLOAT
            setex KEY SECONDS VALUE
            getex KEY [LASTING] SECONDS
            expire KEY SECONDS
            expireat KEY SECONDS
            persist KEY
            del KEY [KEY] [KEY]
            unlink KEY [KEY]
            exists KEY [KEY] [KEY]
            touch KEY [KEY]
            type KEY
            keys PATTERN
            rename KEY KEY
            renamenx KEY KEY
            copy KEY KEY [OPTION] [INTEGER] [OPTION]
            dbsize
            flushdb [OPTION]
            flushall [OPTION]
            ping [VALUE]
            echo VALUE
            select INTEGER
            reset
            hello VALUE [OPTION] [VALUE]
            client getname
            client setname VALUE
            client VALUE
            command info VALUE
            command docs VALUE
            command VALUE
            config get PARAMETER
            config VALUE
            info VALUE
            VALUE [KEY] [VALUE]
            """.lines().toList();

    private static final Map<String, List<String>> KINDS = Map.of(
            "KEY", List.of("a", "b", "c", "", "d\r\n\0é"),
            "VALUE", List.of("", "world", "x", "10", "-5", "007", " 1", "3.14", "1e3", "9223372036854775807", "two words", "line\r\nend", "é", "it's \"so\""),
            "INTEGER", List.of("0", "1", "-1", "2", "-3", "4", "7", "-100", "100", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                    "2147483648", "", "x", "1.5", "+1", "01", " 1"),
            "FLOAT", List.of("0", "1", "-1", "0.1", "-0.5", "3.0e2", "1e-10", "5e-18", "1e17", "123456789.987654321", "inf", "nan", "", "x", "1 ", ".5", "1e"),
            "OPTION", List.of("nx", "XX", "get", "replace", "db", "0", "async", "SYNC", "setname", "foo", ""),
            "PATTERN", List.of("*", "a", "?", "[a-b]", "[^a]", "[c-a]", "\\a", "d*", "*\r*", "[a", "", "??*", "[]a]", "a\\"),
            "SECONDS", List.of("1000", "2000000000", "0", "-1", "x", "9223372036854775807"),
            "LASTING", List.of("ex", "EXAT", "persist", "px", "foo"),
            "PARAMETER", List.of("save", "appendonl?", "nothing", "[a"));

    /// What these answer depends on more than the requests before them, or describes one of the 200 commands we do not have.
    private static boolean isComparable(List<String> request) {
        var line = String.join(" ", request).toLowerCase(Locale.ROOT);
        return !line.matches("(?s)info|command|command (info|docs)( .*(get|sync).*)?|hello");
    }

    @Test
    void answersWhatRedisAnswers() throws IOException {
        var random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            int version = 2 + round % 2;
            var requests = new ArrayList<List<String>>();
            while (requests.size() < REQUESTS_A_ROUND) {
                var request = makeUp(random);
                if (isComparable(request)) requests.add(request);
            }
            var difference = firstDifference(version, requests);
            if (difference != null) throw new AssertionError(shorten(version, difference).message());
        }
    }

    private static List<String> makeUp(Random random) {
        var words = new ArrayList<String>();
        for (var word : any(FORMS, random).split(" ")) {
            boolean optional = word.startsWith("[");
            if (optional && random.nextBoolean()) continue;
            var kind = KINDS.get(optional ? word.substring(1, word.length() - 1) : word);
            words.add(kind == null ? word : any(kind, random));
        }
        switch (random.nextInt(30)) {
            case 0 -> words.removeLast();
            case 1 -> words.add(any(KINDS.get("OPTION"), random));
            case 2 -> words.set(random.nextInt(words.size()), any(KINDS.get("VALUE"), random));
            case 3 -> words.set(0, words.getFirst().toUpperCase(Locale.ROOT));
            default -> { } // most are well formed
        }
        return words.isEmpty() ? List.of("ping") : words;
    }

    private static <T> T any(List<T> choices, Random random) {
        return choices.get(random.nextInt(choices.size()));
    }

    /// @param requests all that lead there; the last one is answered differently
    private record Difference(List<List<String>> requests, Reply byRedis, Reply byUs) {

        String message() {
            var lines = new StringBuilder("\n\nSent, from an empty database and a new connection on:\n");
            for (var request : requests) {
                var words = request.stream().map(word -> '"' + Mismatch.escape(word.getBytes()) + '"');
                lines.append("    ").append(words.collect(Collectors.joining(" "))).append('\n');
            }
            int from = Math.max(0, Arrays.mismatch(byRedis.bytes(), byUs.bytes()) - 20);
            return lines.append("The last one is answered\n    by Redis:  ").append(show(byRedis, from))
                    .append("\n    by us:     ").append(show(byUs, from)).append('\n').toString();
        }

        private static String show(Reply reply, int from) {
            var bytes = Mismatch.excerpt(reply.bytes(), Math.min(from, reply.bytes().length));
            return reply.failure() == null ? bytes : bytes + " (" + reply.failure().getMessage() + ")";
        }
    }

    /// @return null if there is none
    private static Difference firstDifference(int version, List<List<String>> requests) throws IOException {
        try (var redis = new TestClient(real.address()); var us = connectToOurs();
             var redisListener = listen(new TestClient(real.address())); var ourListener = listen(connectToOurs())) {
            for (var client : List.of(redis, us)) {
                client.call("FLUSHALL").isOk();
                client.call("HELLO", Integer.toString(version)).satisfies(_ -> {});
            }
            for (int i = 0; i < requests.size(); i++) {
                var words = requests.get(i).toArray(String[]::new);
                var byRedis = redis.call(words);
                var byUs = us.call(words);
                if (!isSame(byRedis, byUs)) return new Difference(requests.subList(0, i + 1), byRedis, byUs);
                var redisEvents = events(redisListener);
                var ourEvents = events(ourListener);
                if (!redisEvents.equals(ourEvents)) return new Difference(requests.subList(0, i + 1), asReply(redisEvents), asReply(ourEvents));
            }
            return null;
        }
    }

    private static TestClient listen(TestClient client) throws IOException {
        client.call("CONFIG", "SET", "notify-keyspace-events", "KEAmn").isOk();
        client.call("HELLO", "3").satisfies(_ -> {});
        client.call("PSUBSCRIBE", "*").satisfies(_ -> {});
        return client;
    }

    /// What has been published up to now, this request's own message excepted.
    private static List<Resp> events(TestClient listener) throws IOException {
        var events = new ArrayList<Resp>();
        listener.send("PUBLISH", "end", "");
        Resp message;
        while ((message = listener.read().value()) instanceof Resp.Push) events.add(message);
        assertThat(message).as("the reply to PUBLISH").isInstanceOf(Resp.Integer.class); // 2 as long as the listener before is not forgotten
        return events;
    }

    private static Reply asReply(List<Resp> events) {
        return new Reply("", ("with the events " + events).getBytes(), null, null);
    }

    private static boolean isSame(Reply one, Reply other) {
        if (one.failure() != null || other.failure() != null) return false;
        if (Arrays.equals(one.bytes(), other.bytes())) return true;
        return one.sent().regionMatches(true, 0, "keys ", 0, 5) // in no particular order
                && one.value() instanceof Resp.Array(var these) && other.value() instanceof Resp.Array(var those)
                && these.size() == those.size() && Set.copyOf(these).equals(Set.copyOf(those));
    }

    /// Leaves out what does not matter: a request goes if there still is a difference without it.
    private static Difference shorten(int version, Difference difference) throws IOException {
        for (int i = difference.requests.size() - 2; i >= 0; i--) {
            var fewer = new ArrayList<>(difference.requests);
            fewer.remove(i);
            var still = firstDifference(version, fewer);
            if (still != null) {
                difference = still;
                i = Math.min(i, difference.requests.size() - 1);
            }
        }
        return difference;
    }

    private static TestClient connectToOurs() throws IOException {
        return new TestClient(new InetSocketAddress("127.0.0.1", ours.port()));
    }
}
