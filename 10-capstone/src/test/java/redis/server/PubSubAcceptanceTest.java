package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.ByteString;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Channels and messages, in version 2 of the protocol. `redis` publishes, `subscriber` listens.
@Order(1)
class PubSubAcceptanceTest extends AcceptanceTest {

    private TestClient subscriber;

    @BeforeEach
    void connectSubscriber() throws Exception {
        // A server that serves many tests may take a moment to notice that the subscribers of the one before have left.
        Eventually.becomesTrue("nobody listens", () -> redis.call("PUBSUB", "CHANNELS").texts().isEmpty()
                && redis.call("PUBSUB", "SHARDCHANNELS").texts().isEmpty() && redis.call("PUBSUB", "NUMPAT").text().equals("0"));
        subscriber = connect();
    }

    @AfterEach
    void disconnectSubscriber() throws IOException {
        subscriber.close();
    }

    // ---- subscribing ----

    @Test
    void eachChannelIsConfirmedByItselfWithTheNumberOfSubscriptions() throws IOException {
        subscriber.call("SUBSCRIBE", "a", "b").is(List.of("subscribe", "a", 1));
        subscriber.read().is(List.of("subscribe", "b", 2));
        subscriber.call("SUBSCRIBE", "c").is(List.of("subscribe", "c", 3));
        subscriber.call("unsubscribe", "b", "a").is(List.of("unsubscribe", "b", 2));
        subscriber.read().is(List.of("unsubscribe", "a", 1));
    }

    @Test
    void channelsAndPatternsAreCountedTogetherAndShardChannelsApart() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("PSUBSCRIBE", "a*").is(List.of("psubscribe", "a*", 2));
        subscriber.call("SSUBSCRIBE", "a").is(List.of("ssubscribe", "a", 1));
        subscriber.call("SUBSCRIBE", "b").is(List.of("subscribe", "b", 3));
        subscriber.call("SUNSUBSCRIBE", "a").is(List.of("sunsubscribe", "a", 0));
        subscriber.call("UNSUBSCRIBE", "a").is(List.of("unsubscribe", "a", 2));
        subscriber.call("PUNSUBSCRIBE", "a*").is(List.of("punsubscribe", "a*", 1));
    }

    @Test
    void toSubscribeTwiceIsConfirmedTwiceAndCountedOnce() throws IOException {
        subscriber.call("SUBSCRIBE", "a", "a").is(List.of("subscribe", "a", 1));
        subscriber.read().is(List.of("subscribe", "a", 1));
        redis.call("PUBLISH", "a", "once").is(1);
        subscriber.read().is(List.of("message", "a", "once"));
        subscriber.call("UNSUBSCRIBE", "a").is(List.of("unsubscribe", "a", 0));
    }

    @Test
    void toEndWhatWasNotBegunIsConfirmed() throws IOException {
        subscriber.call("UNSUBSCRIBE", "a").is(List.of("unsubscribe", "a", 0));
        subscriber.call("SUBSCRIBE", "b").is(List.of("subscribe", "b", 1));
        subscriber.call("UNSUBSCRIBE", "a", "b").is(List.of("unsubscribe", "a", 1));
        subscriber.read().is(List.of("unsubscribe", "b", 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "P", "S"})
    void withoutNamesAllOfTheKindEndOneByOne(String kind) throws IOException {
        var prefix = kind.toLowerCase();
        for (int i = 1; i <= 3; i++) subscriber.call(kind + "SUBSCRIBE", "c" + i).is(List.of(prefix + "subscribe", "c" + i, i));
        var other = kind.equals("S") ? "SUBSCRIBE" : "SSUBSCRIBE"; // of another kind, which stays
        subscriber.call(other, "other").is(List.of(other.toLowerCase(), "other", 1));
        subscriber.send(kind + "UNSUBSCRIBE");
        var ended = new HashSet<String>();
        for (int left = 2; left >= 0; left--) { // in any order
            var confirmation = subscriber.read().texts();
            assertThat(confirmation.getFirst()).isEqualTo(prefix + "unsubscribe");
            ended.add(confirmation.get(1));
            assertThat(confirmation.getLast()).isEqualTo("" + left);
        }
        assertThat(ended).isEqualTo(Set.of("c1", "c2", "c3"));
        subscriber.call(kind + "UNSUBSCRIBE").is(List.of(prefix + "unsubscribe", Resp.Null.BULK_STRING, 0));
        redis.call("PUBSUB", kind.equals("S") ? "CHANNELS" : "SHARDCHANNELS").is(List.of("other"));
    }

    @Test
    void whatTheSamePacketHoldsIsAnsweredInOrder() throws IOException {
        subscriber.sendRaw("SET k v\r\nSUBSCRIBE a b\r\nGET k\r\nPING\r\nPUBLISH a x\r\nUNSUBSCRIBE b a\r\nGET k\r\nPING\r\n");
        subscriber.read().isOk();
        subscriber.read().is(List.of("subscribe", "a", 1));
        subscriber.read().is(List.of("subscribe", "b", 2));
        subscriber.read().isError(refusal("get"));
        subscriber.read().is(List.of("pong", ""));
        subscriber.read().isError(refusal("publish"));
        subscriber.read().is(List.of("unsubscribe", "b", 1));
        subscriber.read().is(List.of("unsubscribe", "a", 0));
        subscriber.read().is("v");
        subscriber.read().is(new Resp.SimpleString("PONG"));
    }

    @Test
    void oneRequestMaySubscribeToManyChannels() throws IOException {
        int channels = 1_000;
        var request = new ArrayList<>(List.of("SUBSCRIBE"));
        for (int i = 0; i < channels; i++) request.add("c:" + i);
        subscriber.send(request.toArray(String[]::new));
        for (int i = 0; i < channels; i++) subscriber.read().is(List.of("subscribe", "c:" + i, i + 1));
        for (int i = 0; i < channels; i += 99) redis.call("PUBLISH", "c:" + i, "m" + i).is(1);
        for (int i = 0; i < channels; i += 99) subscriber.read().is(List.of("message", "c:" + i, "m" + i));
    }

    @ParameterizedTest
    @ValueSource(strings = {"subscribe", "psubscribe", "ssubscribe", "publish a", "publish a b c", "spublish a", "pubsub"})
    void theNumberOfWordsIsChecked(String request) throws IOException {
        redis.call(request.split(" ")).isError("ERR wrong number of arguments for '" + request.split(" ")[0] + "' command");
    }

    // ---- messages ----

    @Test
    void publishTellsHowManyGotTheMessage() throws IOException {
        redis.call("PUBLISH", "a", "nobody").is(0);
        try (var second = connect()) {
            subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
            second.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
            redis.call("PUBLISH", "a", "both").is(2);
            redis.call("PUBLISH", "A", "another name").is(0);
            subscriber.read().is(List.of("message", "a", "both"));
            second.read().is(List.of("message", "a", "both"));
        }
    }

    @Test
    void whoListensInSeveralWaysGetsTheMessageThatOften() throws IOException {
        subscriber.call("PSUBSCRIBE", "n*", "*s", "x*").is(List.of("psubscribe", "n*", 1));
        subscriber.read().is(List.of("psubscribe", "*s", 2));
        subscriber.read().is(List.of("psubscribe", "x*", 3));
        subscriber.call("SUBSCRIBE", "news").is(List.of("subscribe", "news", 4));
        redis.call("PUBLISH", "news", "hi").is(3);
        subscriber.read().is(List.of("message", "news", "hi")); // first
        assertThat(List.of(subscriber.read().texts(), subscriber.read().texts())).containsExactlyInAnyOrder( // in any order
                List.of("pmessage", "n*", "news", "hi"), List.of("pmessage", "*s", "news", "hi"));
        subscriber.call("PING").is(List.of("pong", "")); // and no more
    }

    @Test
    void shardChannelsAreAWorldOfTheirOwn() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("PSUBSCRIBE", "*").is(List.of("psubscribe", "*", 2));
        subscriber.call("SSUBSCRIBE", "a").is(List.of("ssubscribe", "a", 1));
        redis.call("SPUBLISH", "a", "shard").is(1);
        subscriber.read().is(List.of("smessage", "a", "shard"));
        redis.call("PUBLISH", "a", "channel").is(2);
        subscriber.read().is(List.of("message", "a", "channel"));
        subscriber.read().is(List.of("pmessage", "*", "a", "channel"));
    }

    @Test
    void messagesArriveInTheOrderInWhichTheyWerePublished() throws IOException {
        subscriber.call("SUBSCRIBE", "a", "b").is(List.of("subscribe", "a", 1));
        subscriber.read().is(List.of("subscribe", "b", 2));
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 100; i++) redis.send("PUBLISH", i % 3 == 0 ? "b" : "a", round + "." + i);
            for (int i = 0; i < 100; i++) redis.read().is(1);
            for (int i = 0; i < 100; i++) subscriber.read().is(List.of("message", i % 3 == 0 ? "b" : "a", round + "." + i));
        }
    }

    @Test
    void repliesOfAPipelineThatPublishesComeInOrder() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        for (int i = 0; i < 200; i++) redis.send("SET", "k", "" + i).send("PUBLISH", "a", "m" + i).send("GET", "k").send("PUBLISH", "b", "x");
        for (int i = 0; i < 200; i++) {
            redis.read().isOk();
            redis.read().is(1);
            redis.read().is("" + i);
            redis.read().is(0);
        }
        for (int i = 0; i < 200; i++) subscriber.read().is(List.of("message", "a", "m" + i));
    }

    @Test
    void namesAndMessagesAreBytes() throws IOException {
        var name = "\0\r\n\u00ff*";
        var text = "$5\r\nhello\0\u0080";
        subscriber.sendRaw(request("SUBSCRIBE", name));
        subscriber.read().is(List.of("subscribe", latin1(name), 1));
        redis.sendRaw(request("PUBLISH", name, text)).read().is(1);
        subscriber.read().is(List.of("message", latin1(name), latin1(text)));
        redis.call("PUBSUB", "CHANNELS").is(List.of(latin1(name)));
    }

    @Test
    void namesAndMessagesMayBeEmpty() throws IOException {
        subscriber.call("SUBSCRIBE", "").is(List.of("subscribe", "", 1));
        subscriber.call("PSUBSCRIBE", "").is(List.of("psubscribe", "", 2));
        subscriber.call("SSUBSCRIBE", "").is(List.of("ssubscribe", "", 1));
        redis.call("PUBLISH", "", "").is(2);
        subscriber.read().is(List.of("message", "", ""));
        subscriber.read().is(List.of("pmessage", "", "", ""));
        redis.call("SPUBLISH", "", "").is(1);
        subscriber.read().is(List.of("smessage", "", ""));
        redis.call("PUBLISH", "x", "").is(0);
    }

    @Test
    void aLargeMessageArrivesWhole() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        var text = "0123456789".repeat(200_000);
        redis.call("PUBLISH", "a", text).is(1);
        redis.call("PUBLISH", "a", "small").is(1);
        subscriber.read().is(List.of("message", "a", text));
        subscriber.read().is(List.of("message", "a", "small"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"n?ws", "n[aeiou]ws", "n[^x]ws", "[a-z]ews", "*", "n*", "ne\\ws"})
    void patternsMatchAsTheyDoForKeys(String pattern) throws IOException {
        subscriber.call("PSUBSCRIBE", pattern).is(List.of("psubscribe", pattern, 1));
        redis.call("PUBLISH", "news", "x").is(1);
        subscriber.read().is(List.of("pmessage", pattern, "news", "x"));
        redis.call("PUBSUB", "CHANNELS").is(List.of()); // nobody listens to it by name
    }

    @ParameterizedTest
    @ValueSource(strings = {"n?w", "n[^e]ws", "N*", "news?", ""})
    void patternsThatDoNotMatch(String pattern) throws IOException {
        subscriber.call("PSUBSCRIBE", pattern).is(List.of("psubscribe", pattern, 1));
        redis.call("PUBLISH", "news", "x").is(0);
    }

    // ---- the subscribed mode ----

    private static String refusal(String command) {
        return "ERR Can't execute '" + command + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})
    void aSubscriberMayAskForLittle(String subscribe) throws IOException {
        subscriber.call(subscribe, "a").is(List.of(subscribe.toLowerCase(), "a", 1));
        subscriber.call("GET", "k").isError(refusal("get"));
        subscriber.call("CLIENT", "ID").isError(refusal("client|id"));
        subscriber.call("HELLO", "3").isError(refusal("hello"));
        subscriber.call("PUBLISH", "a", "x").isError(refusal("publish"));
        subscriber.call("PUBSUB", "NUMPAT").isError(refusal("pubsub|numpat"));
        subscriber.call("SET", "k", "v").isError(refusal("set"));
        redis.call("EXISTS", "k").is(0);
    }

    @Test
    void errorsOfARequestComeBeforeThoseOfTheMode() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("FOO").isError("ERR unknown command 'FOO', with args beginning with: ");
        subscriber.call("GET").isError("ERR wrong number of arguments for 'get' command");
        subscriber.call("PUBSUB", "FOO").isError("ERR unknown subcommand 'FOO'. Try PUBSUB HELP.");
        subscriber.call("PING", "a", "b").isError("ERR wrong number of arguments for 'ping' command");
    }

    @Test
    void pingIsAnsweredByWhatLooksLikeAMessage() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("PING").is(List.of("pong", ""));
        subscriber.call("PING", "x").is(List.of("pong", "x"));
    }

    @Test
    void theModeEndsWithTheLastSubscription() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("PSUBSCRIBE", "a").is(List.of("psubscribe", "a", 2));
        subscriber.call("SSUBSCRIBE", "a").is(List.of("ssubscribe", "a", 1));
        subscriber.call("UNSUBSCRIBE", "a").is(List.of("unsubscribe", "a", 1));
        subscriber.call("GET", "k").isError(refusal("get"));
        subscriber.call("PUNSUBSCRIBE").is(List.of("punsubscribe", "a", 0));
        subscriber.call("GET", "k").isError(refusal("get"));
        subscriber.call("SUNSUBSCRIBE").is(List.of("sunsubscribe", "a", 0));
        subscriber.call("GET", "k").isNil();
        subscriber.call("PING").is(new Resp.SimpleString("PONG"));
        redis.call("PUBLISH", "a", "x").is(0);
    }

    @Test
    void resetEndsAllSubscriptions() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("PSUBSCRIBE", "a").is(List.of("psubscribe", "a", 2));
        subscriber.call("SSUBSCRIBE", "a").is(List.of("ssubscribe", "a", 1));
        subscriber.call("RESET").is(new Resp.SimpleString("RESET"));
        redis.call("PUBLISH", "a", "x").is(0);
        redis.call("SPUBLISH", "a", "x").is(0);
        redis.call("PUBSUB", "NUMPAT").is(0);
        subscriber.call("PING").is(new Resp.SimpleString("PONG"));
        subscriber.call("SUBSCRIBE", "b").is(List.of("subscribe", "b", 1));
    }

    @Test
    void quitEndsTheConnectionAndAllSubscriptions() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        redis.call("PUBLISH", "a", "x").is(1);
        subscriber.send("QUIT");
        subscriber.read().is(List.of("message", "a", "x"));
        subscriber.read().isOk();
        subscriber.expectEnd();
        redis.call("PUBLISH", "a", "x").is(0);
    }

    @Test
    void aSubscriberThatVanishesIsForgotten() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (var client = connect()) {
                client.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
                client.call("PSUBSCRIBE", "b*").is(List.of("psubscribe", "b*", 2));
            }
        }
        Eventually.becomesTrue("nobody listens", () -> redis.call("PUBLISH", "a", "x").text().equals("0"));
        Eventually.becomesTrue("there is no pattern", () -> redis.call("PUBSUB", "NUMPAT").text().equals("0"));
        redis.call("PUBSUB", "CHANNELS").is(List.of());
    }

    // ---- who listens ----

    @Test
    void channelsAreThoseThatSomebodyListensToByName() throws IOException {
        redis.call("PUBSUB", "CHANNELS").is(List.of());
        subscriber.call("SUBSCRIBE", "news.art").is(List.of("subscribe", "news.art", 1));
        subscriber.call("SUBSCRIBE", "news.tech").is(List.of("subscribe", "news.tech", 2));
        subscriber.call("SUBSCRIBE", "weather").is(List.of("subscribe", "weather", 3));
        subscriber.call("PSUBSCRIBE", "x*").is(List.of("psubscribe", "x*", 4));
        subscriber.call("SSUBSCRIBE", "news.shard").is(List.of("ssubscribe", "news.shard", 1));
        redis.call("PUBSUB", "CHANNELS").isInAnyOrder("news.art", "news.tech", "weather");
        redis.call("pubsub", "channels", "news.*").isInAnyOrder("news.art", "news.tech");
        redis.call("PUBSUB", "CHANNELS", "nothing").is(List.of());
        redis.call("PUBSUB", "SHARDCHANNELS").is(List.of("news.shard"));
        redis.call("PUBSUB", "SHARDCHANNELS", "x").is(List.of());
    }

    @Test
    void numSubCountsWhoListensByName() throws IOException {
        try (var second = connect()) {
            subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
            second.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
            second.call("PSUBSCRIBE", "b").is(List.of("psubscribe", "b", 2));
            second.call("SSUBSCRIBE", "c").is(List.of("ssubscribe", "c", 1));
            redis.call("PUBSUB", "NUMSUB").is(List.of());
            redis.call("PUBSUB", "NUMSUB", "a", "b", "c", "a").is(List.of("a", 2, "b", 0, "c", 0, "a", 2));
            redis.call("PUBSUB", "SHARDNUMSUB").is(List.of());
            redis.call("PUBSUB", "SHARDNUMSUB", "a", "c").is(List.of("a", 0, "c", 1));
        }
    }

    @Test
    void numPatCountsDifferentPatterns() throws IOException {
        try (var second = connect()) {
            subscriber.call("PSUBSCRIBE", "a*").is(List.of("psubscribe", "a*", 1));
            second.call("PSUBSCRIBE", "a*").is(List.of("psubscribe", "a*", 1));
            second.call("PSUBSCRIBE", "b*").is(List.of("psubscribe", "b*", 2));
            redis.call("PUBSUB", "NUMPAT").is(2);
            second.call("PUNSUBSCRIBE", "a*").is(List.of("punsubscribe", "a*", 1));
            redis.call("PUBSUB", "NUMPAT").is(2);
            subscriber.call("PUNSUBSCRIBE").is(List.of("punsubscribe", "a*", 0));
            redis.call("PUBSUB", "NUMPAT").is(1);
        }
    }

    @Test
    void helpListsTheSubcommands() throws IOException {
        var help = redis.call("PUBSUB", "HELP").texts();
        assertThat(help).startsWith("PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        var names = help.stream().skip(1).filter(line -> !line.startsWith(" ")).map(line -> line.split(" ")[0]).toList();
        assertThat(names).containsExactlyInAnyOrder("CHANNELS", "NUMSUB", "NUMPAT", "SHARDCHANNELS", "SHARDNUMSUB", "HELP");
    }

    @Test
    void wrongSubcommands() throws IOException {
        redis.call("PUBSUB", "FOO").isError("ERR unknown subcommand 'FOO'. Try PUBSUB HELP.");
        redis.call("PUBSUB", "NUMPAT", "x").isError("ERR wrong number of arguments for 'pubsub|numpat' command");
        redis.call("PUBSUB", "channels", "a", "b")
                .isError("ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.");
        redis.call("PUBSUB", "SHARDCHANNELS", "a", "b")
                .isError("ERR unknown subcommand or wrong number of arguments for 'SHARDCHANNELS'. Try PUBSUB HELP.");
    }

    @Test
    void infoCountsChannelsAndPatterns() throws IOException {
        subscriber.call("SUBSCRIBE", "a").is(List.of("subscribe", "a", 1));
        subscriber.call("SUBSCRIBE", "b").is(List.of("subscribe", "b", 2));
        subscriber.call("PSUBSCRIBE", "c").is(List.of("psubscribe", "c", 3));
        assertThat(redis.call("INFO", "stats").text().lines()).contains("pubsub_channels:2", "pubsub_patterns:1");
    }

    // ---- bytes, one for each char ----

    private static ByteString latin1(String text) {
        return ByteString.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String request(String... words) {
        var request = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) request.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
        return request.toString();
    }
}
