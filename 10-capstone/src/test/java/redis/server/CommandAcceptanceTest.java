package redis.server;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.Resp;

import static org.assertj.core.api.Assertions.assertThat;

/// COMMAND LIST, GETKEYS and GETKEYSANDFLAGS. How commands are described is compared with a real Redis by `CommandParityTest`.
class CommandAcceptanceTest extends AcceptanceTest {

    @Test
    void listsAllNames() throws IOException {
        assertThat(redis.call("COMMAND", "LIST").texts()).contains("get", "config", "config|get", "command|list").doesNotHaveDuplicates();
    }

    @Test
    void listsThoseThatMatch() throws IOException {
        assertThat(redis.call("COMMAND", "LIST", "FILTERBY", "PATTERN", "MSET*").texts()).containsExactlyInAnyOrder("mset", "msetnx");
        assertThat(redis.call("command", "list", "filterby", "pattern", "config|?et").texts()).containsExactlyInAnyOrder("config|get", "config|set");
        redis.call("COMMAND", "LIST", "FILTERBY", "PATTERN", "nope").is(List.of());
    }

    @Test
    void listsThoseOfACategory() throws IOException {
        assertThat(redis.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "String").texts()).contains("get", "set", "incrbyfloat").doesNotContain("del");
        assertThat(redis.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "dangerous").texts()).contains("flushall", "config|set", "shutdown")
                .doesNotContain("get");
        redis.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "nope").is(List.of());
        redis.call("COMMAND", "LIST", "FILTERBY", "MODULE", "nope").is(List.of());
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            get k                     -> k
            SET k v EX 10             -> k
            mset a 1 b 2              -> a b
            mset a 1 b                -> a b
            del a b c                 -> a b c
            rename a b                -> a b
            copy a b DB 0             -> a b
            memory usage k samples 5  -> k
            watch a b                 -> a b
            """)
    void knowsTheKeysOfARequest(String request, String keys) throws IOException {
        assertThat(redis.call(("COMMAND GETKEYS " + request).split(" ")).texts()).containsExactly(keys.split(" "));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            get k            -> k[RO access]
            strlen k         -> k[RO]
            set k v          -> k[OW update]
            set k v GET      -> k[RW access update]
            set k get        -> k[OW update]
            set k v ex 1 get -> k[RW access update]
            incr k           -> k[RW access update]
            rename a b       -> a[RW access delete] b[OW update]
            mset a 1 b 2     -> a[OW update] b[OW update]
            unlink a b       -> a[RM delete] b[RM delete]
            """)
    void knowsWhatIsDoneWithThem(String request, String keys) throws IOException {
        redis.call(("COMMAND GETKEYSANDFLAGS " + request).split(" ")).satisfies(reply -> {
            var text = ((Resp.Array) reply).elements().stream().map(CommandAcceptanceTest::describe).toList();
            assertThat(String.join(" ", text)).isEqualTo(keys);
        });
    }

    private static String describe(Resp keyAndFlags) {
        var pair = ((Resp.Array) keyAndFlags).elements();
        var flags = ((Resp.Array) pair.get(1)).elements().stream().map(flag -> ((Resp.SimpleString) flag).text()).toList();
        return ((Resp.BulkString) pair.getFirst()).value() + "[" + String.join(" ", flags) + "]";
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            COMMAND GETKEYS get                -> ERR wrong number of arguments for 'command|getkeys' command
            COMMAND GETKEYS get a b            -> ERR Invalid number of arguments specified for command
            COMMAND GETKEYS nope a             -> ERR Invalid command specified
            COMMAND GETKEYS config nope a      -> ERR Invalid command specified
            COMMAND GETKEYS ping a             -> ERR The command has no key arguments
            COMMAND GETKEYS spublish a b       -> ERR The command has no key arguments
            COMMAND GETKEYS memory usage       -> ERR Invalid number of arguments specified for command
            COMMAND GETKEYSANDFLAGS nope a     -> ERR Invalid command specified
            COMMAND LIST foo                   -> ERR syntax error
            COMMAND LIST FILTERBY              -> ERR syntax error
            COMMAND LIST FILTERBY PATTERN      -> ERR syntax error
            COMMAND LIST FILTERBY foo bar      -> ERR syntax error
            COMMAND LIST FILTERBY PATTERN a b  -> ERR syntax error
            """)
    void whatItDoesNotUnderstandIsRefused(String request, String error) throws IOException {
        redis.call(request.split(" ")).isError(error);
    }
}
