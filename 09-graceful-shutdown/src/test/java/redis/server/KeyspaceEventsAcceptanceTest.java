package redis.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// Messages about what happens to keys.
@Order(7)
class KeyspaceEventsAcceptanceTest extends AcceptanceTest {

    private static final String PARAMETER = "notify-keyspace-events";
    private static final String REFUSAL = "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events')"
            + " - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";

    private TestClient listener;

    @BeforeEach
    void listen() throws IOException {
        wanted("");
        listener = connect();
        listener.call("PSUBSCRIBE", "__key*@0__:*");
    }

    @AfterEach
    void stopListening() throws IOException {
        listener.close();
        wanted("");
    }

    private void wanted(String classes) throws IOException {
        redis.call("CONFIG", "SET", PARAMETER, classes).isOk();
    }

    /// What has been published up to now: `space:k set` for a message about a key, `event:set k` for one about an event.
    private List<String> messages() throws IOException {
        redis.call("PUBLISH", "__key@0__:end", "").is(1);
        var messages = new ArrayList<String>();
        while (true) {
            var message = listener.read().texts();
            if (message.get(2).equals("__key@0__:end")) return messages;
            messages.add(message.get(2).replace("__key", "").replace("@0__", "") + " " + message.get(3));
        }
    }

    /// The same as a list of `event key`.
    private List<String> events() throws IOException {
        return messages().stream().map(message -> message.substring("event:".length())).toList();
    }

    private void call(String request) throws IOException {
        redis.call(words(request)).satisfies(_ -> {});
    }

    private static String[] words(String request) {
        return Arrays.stream(request.split(" ")).map(word -> word.equals("''") ? "" : word).toArray(String[]::new);
    }

    // ---- the parameter ----

    @Test
    void nobodyIsToldUnlessTheParameterSaysSo() throws IOException {
        redis.call("CONFIG", "GET", PARAMETER).is(List.of(PARAMETER, ""));
        call("SET k v");
        assertThat(messages()).isEmpty();
        wanted("KEA");
        call("SET k v");
        assertThat(messages()).containsExactly("space:k set", "event:set k");
        wanted("");
        call("SET k v");
        assertThat(messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"KEA, AKE", "AKE, AKE", "K, K", "E, E", "'', ''", "Kg, gK", "KEg$lshzxet, g$lshzxetKE", "KEg$lshzxetd, AKE", "g$lshzxetd, A",
            "d, d", "mnKE, nKEm", "KEnm$x, $xnKEm", "KEAm, AKEm", "KEAmn, AKEm", "KEAn, AKE", "KKEEgg, gKE"})
    void theParameterIsShownInAnOrderOfItsOwn(String value, String shown) throws IOException {
        wanted(value);
        redis.call("CONFIG", "GET", PARAMETER).is(List.of(PARAMETER, shown));
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo", "K E", "kea", "KEA\n", "KEé", "-", "["})
    void anUnknownLetterIsRefused(String value) throws IOException {
        wanted("KA");
        redis.call("CONFIG", "SET", PARAMETER, value).isError(REFUSAL);
        redis.call("CONFIG", "GET", PARAMETER).is(List.of(PARAMETER, "AK"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            KA   | space:k set, space:k expire, space:k del
            EA   | event:set k, event:expire k, event:del k
            KE$  | space:k set, event:set k
            Eg   | event:expire k, event:del k
            Em   | event:keymiss k
            En   | event:new k
            E$n  | event:new k, event:set k
            KE   |
            A    |
            Elshzxetd |
            """)
    void lettersChooseTheChannelsAndTheEvents(String classes, String expected) throws IOException {
        wanted(classes);
        call("SET k v EX 100");
        call("DEL k");
        call("GET k");
        assertThat(messages()).containsExactlyElementsOf(expected == null ? List.of() : List.of(expected.split(", ")));
    }

    @Test
    void channelsAreNamedAfterAnyBytes() throws IOException {
        wanted("KEA");
        redis.call("SET", "", "v").isOk();
        redis.call("SET", "two words\r\n", "v").isOk();
        redis.sendRaw("*2\r\n$3\r\nDEL\r\n$2\r\n\u00ff\u0000\r\n").read().is(0);
        assertThat(messages()).containsExactly("space: set", "event:set ", "space:two words\r\n set", "event:set two words\r\n");
    }

    // ---- the events ----

    /// With a key `k`, a number `n`, `t` with a deadline, and nothing else.
    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            SET k v                     -> set k
            SET x v                     -> new x, set x
            SET k v EX 100              -> set k, expire k
            SET x v PX 100000           -> new x, set x, expire x
            SET t v KEEPTTL             -> set t
            SET k v NX                  ->
            SET x v XX                  ->
            SET k v XX                  -> set k
            SET k v GET                 -> set k
            SET k v NX GET              ->
            SET x v XX GET              -> keymiss x
            SET x v NX GET              -> keymiss x, new x, set x
            SETEX k 100 v               -> set k, expire k
            PSETEX x 100000 v           -> new x, set x, expire x
            SETNX k v                   ->
            SETNX x v                   -> new x, set x
            GETSET k v                  -> set k
            GETSET x v                  -> keymiss x, new x, set x
            GETDEL k                    -> del k
            GETDEL x                    -> keymiss x
            GETEX k                     ->
            GETEX k EX 100              -> expire k
            GETEX k PERSIST             ->
            GETEX t PERSIST             -> persist t
            GETEX t EXAT 1              -> del t
            GETEX x EX 100              -> keymiss x
            GET k                       ->
            GET x                       -> keymiss x
            MGET k x y                  -> keymiss x, keymiss y
            MSET k 1 x 2 x 3            -> set k, new x, set x, set x
            MSETNX k 1 x 2              ->
            MSETNX x 1 y 2              -> new x, set x, new y, set y
            APPEND k abc                -> append k
            APPEND x abc                -> new x, append x
            APPEND x ''                 -> new x, append x
            STRLEN k                    ->
            STRLEN x                    -> keymiss x
            GETRANGE x 0 1              -> keymiss x
            GETRANGE k 0 1              ->
            SETRANGE k 1 x              -> setrange k
            SETRANGE k 1 ''             ->
            SETRANGE x 0 a              -> new x, setrange x
            SETRANGE x 0 ''             ->
            INCR n                      -> incrby n
            INCR x                      -> new x, incrby x
            DECR n                      -> incrby n
            INCRBY n 5                  -> incrby n
            DECRBY n 5                  -> incrby n
            INCR k                      ->
            INCRBYFLOAT n 1.5           -> incrbyfloat n
            INCRBYFLOAT x 1.5           -> new x, incrbyfloat x
            INCRBYFLOAT k 1             ->
            DEL k x n                   -> del k, del n
            UNLINK k x n                -> del k, del n
            EXISTS k x k                -> keymiss x
            TOUCH k x                   -> keymiss x
            TYPE k                      ->
            TYPE x                      -> keymiss x
            RENAME k x                  -> new x, rename_from k, rename_to x
            RENAME k n                  -> new n, rename_from k, rename_to n
            RENAME k k                  ->
            RENAME x k                  ->
            RENAMENX k x                -> new x, rename_from k, rename_to x
            RENAMENX k n                ->
            COPY k x                    -> new x, copy_to x
            COPY k n                    ->
            COPY k n REPLACE            -> new n, copy_to n
            COPY x k                    -> keymiss x
            EXPIRE k 100                -> expire k
            EXPIRE t 100 NX             ->
            EXPIRE k -1                 -> del k
            EXPIRE x 100                ->
            PEXPIRE k 100000            -> expire k
            EXPIREAT k 99999999999      -> expire k
            PEXPIREAT k 1               -> del k
            PERSIST t                   -> persist t
            PERSIST k                   ->
            PERSIST x                   ->
            TTL k                       ->
            TTL x                       -> keymiss x
            PTTL x                      -> keymiss x
            EXPIRETIME x                -> keymiss x
            PEXPIRETIME x               -> keymiss x
            MEMORY USAGE x              ->
            KEYS *                      ->
            SCAN 0                      ->
            RANDOMKEY                   ->
            FLUSHDB                     ->
            FLUSHALL                    ->
            """)
    void commandsTellWhatTheyDo(String request, String expected) throws IOException {
        redis.call("MSET", "k", "v", "n", "10", "t", "v").isOk();
        redis.call("EXPIRE", "t", "1000").is(1);
        wanted("EAmn");
        call(request);
        assertThat(events()).containsExactlyElementsOf(expected == null ? List.of() : List.of(expected.split(", ")));
    }

    /// Nobody asks for the key: the server finds it by itself.
    @Test
    void aKeyThatEndsIsExpired() throws IOException {
        wanted("KEx");
        redis.call("SET", "k", "v", "PX", "1").isOk();
        listener.read().is(List.of("pmessage", "__key*@0__:*", "__keyspace@0__:k", "expired"));
        listener.read().is(List.of("pmessage", "__key*@0__:*", "__keyevent@0__:expired", "k"));
        redis.call("EXISTS", "k").is(0);
        assertThat(messages()).isEmpty();
    }

    /// Commands that come upon the key first: its end comes before what they do, and only once.
    @Test
    void whoFindsAKeyThatIsOverTellsOfItFirst() throws IOException {
        wanted("Exm$g");
        for (int i = 0; i < 20; i++) {
            redis.call("SET", "k", "v", "PX", "1").isOk();
            while (redis.call("GET", "k").text() != null) Thread.onSpinWait();
            assertThat(events()).startsWith("set k", "expire k", "expired k", "keymiss k").hasSize(4);
        }
    }

    @Test
    void aDeadlineInThePastIsADeadline() throws IOException {
        wanted("EA");
        redis.call("SET", "k", "v", "PXAT", "1").isOk();
        redis.call("EXISTS", "k").is(0);
        assertThat(events()).containsExactly("set k", "expire k", "expired k");
    }

    @Test
    void manyListenersAndManyKeys() throws IOException {
        wanted("KEA");
        try (var ofKey = connect(); var ofEvent = connect()) {
            ofKey.call("SUBSCRIBE", "__keyspace@0__:key:7");
            ofEvent.call("SUBSCRIBE", "__keyevent@0__:del");
            for (int i = 0; i < 100; i++) redis.call("SET", "key:" + i, "v").isOk();
            for (int i = 0; i < 100; i++) redis.call("DEL", "key:" + i).is(1);
            ofKey.read().is(List.of("message", "__keyspace@0__:key:7", "set"));
            ofKey.read().is(List.of("message", "__keyspace@0__:key:7", "del"));
            for (int i = 0; i < 100; i++) ofEvent.read().is(List.of("message", "__keyevent@0__:del", "key:" + i));
        }
        assertThat(messages()).hasSize(400);
    }

    /// Who listens and writes on one connection gets the messages before the reply.
    @Test
    void aWriterMayListenToItself() throws IOException {
        wanted("EA");
        try (var self = connect()) {
            self.call("HELLO", "3").satisfies(_ -> {});
            self.call("PSUBSCRIBE", "__keyevent*").satisfies(_ -> {});
            self.send("SET", "k", "v", "EX", "100");
            for (var event : List.of("set", "expire")) {
                self.read().is(new Resp.Push(List.of(Resp.bulk("pmessage"), Resp.bulk("__keyevent*"), Resp.bulk("__keyevent@0__:" + event), Resp.bulk("k"))));
            }
            self.read().isOk();
        }
    }
}
