package redis.server;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/// How what follows a command's name is taken apart. Here `?` says that something is optional, `+` that there may be more of it, and `TOKEN:` what comes first.
class SyntaxTest {

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            ''                                  -> ''
            key value                           -> key:key value:string
            key [key ...]                       -> key:key+
            key value [key value ...]           -> {key:key value:string}+
            key key2 [key ...]                  -> key:key key2:string key:key?+
            [section ...]                       -> section:string?+
            [channel [channel ...]]             -> channel:string?+
            [option value ...]                  -> {option:string value:string}?+
            [username] password                 -> username:string? password:string
            [NX | XX] [GET]                     -> (NX XX)? GET?
            [EX seconds | PXAT unix-time-milliseconds | KEEPTTL] -> (EX:seconds:integer PXAT:unix-time-milliseconds:unix-time KEEPTTL)?
            timeout [WRITE|ALL]                 -> timeout:integer (WRITE ALL)?
            LIB-NAME|LIB-VER value              -> (LIB-NAME LIB-VER) value:string
            host port | NO ONE                  -> ({host:string port:integer} {NO ONE})
            [AUTH username password]            -> AUTH:{username:string password:string}?
            [protover [AUTH username password] [SETNAME clientname]] \
            -> {protover:integer AUTH:{username:string password:string}? SETNAME:clientname:string?}?
            [TYPE NORMAL|MASTER] [ID client-id [client-id ...]]  -> TYPE:(NORMAL MASTER)? ID:client-id:integer?+
            [FILTERBY (MODULE module-name | PATTERN pattern)]    -> FILTERBY:(MODULE:module-name:string PATTERN:pattern:pattern)?
            """)
    void takesItApart(String text, String arguments) {
        assertThat(describe(Syntax.parse(text))).isEqualTo(arguments);
    }

    private static String describe(List<Argument> arguments) {
        return arguments.stream().map(SyntaxTest::describe).collect(Collectors.joining(" "));
    }

    private static String describe(Argument argument) {
        var what = switch (argument.type()) {
            case PURE_TOKEN -> argument.token();
            case ONEOF -> "(" + describe(argument.parts()) + ")";
            case BLOCK -> "{" + describe(argument.parts()) + "}";
            default -> argument.name() + ":" + argument.type();
        };
        var token = argument.token() == null || argument.type() == Argument.Type.PURE_TOKEN ? "" : argument.token() + ":";
        return token + what + (argument.optional() ? "?" : "") + (argument.multiple() ? "+" : "");
    }
}
