package redis.server;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.server.AofManifest.Part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// The manifest's text, read and written as Redis does.
class AofManifestTest {

    private static final Part BASE = new Part("appendonly.aof.2.base.aof", 2, 'b');
    private static final Part HISTORY = new Part("appendonly.aof.1.base.aof", 1, 'h');
    private static final Part INCREMENT_3 = new Part("appendonly.aof.3.incr.aof", 3, 'i');
    private static final Part INCREMENT_5 = new Part("appendonly.aof.5.incr.aof", 5, 'i');

    private static final AofManifest MANIFEST = new AofManifest(BASE, List.of(HISTORY), List.of(INCREMENT_3, INCREMENT_5));

    private static final String TEXT = """
            file appendonly.aof.2.base.aof seq 2 type b
            file appendonly.aof.1.base.aof seq 1 type h
            file appendonly.aof.3.incr.aof seq 3 type i
            file appendonly.aof.5.incr.aof seq 5 type i
            """;

    @Test
    void isWrittenAsRedisWritesIt() {
        assertThat(MANIFEST.text()).isEqualTo(TEXT);
    }

    @Test
    void isReadAsItWasWritten() throws Exception {
        assertThat(AofManifest.parse(TEXT)).isEqualTo(MANIFEST);
        assertThat(MANIFEST.parts()).containsExactly(BASE, INCREMENT_3, INCREMENT_5);
        assertThat(MANIFEST.lastIncrement()).isEqualTo(INCREMENT_5);
    }

    @Test
    void linesMayComeInAnyOrder() throws Exception {
        assertThat(AofManifest.parse("""
                file appendonly.aof.3.incr.aof seq 3 type i
                file appendonly.aof.1.base.aof seq 1 type h
                file appendonly.aof.5.incr.aof seq 5 type i
                file appendonly.aof.2.base.aof seq 2 type b
                """)).isEqualTo(MANIFEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "file a seq 1 type i\r\n",
            "FILE a SEQ 1 Type i\n",
            "seq 1 type i file a\n",
            "  file   a seq 1 type i  \n",
            "file a seq 1 type i startoffset 7 colour red\n",
            "# a comment\nfile a seq 1 type i\n#another, that isn't \"quoted\n",
            "file \"a\" seq '1' type i\n",
            "file \"\\x61\" seq 1 type i\n"})
    void isReadAsRedisReadsIt(String text) throws Exception {
        assertThat(AofManifest.parse(text)).isEqualTo(new AofManifest(null, List.of(), List.of(new Part("a", 1, 'i'))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "it's", "say \"hi\"", "back\\slash", "Österreich", "a\tb"})
    void namesThatNeedQuotesGetThem(String name) throws Exception {
        var manifest = new AofManifest(new Part(name, 1, 'b'), List.of(), List.of());
        assertThat(AofManifest.parse(manifest.text())).isEqualTo(manifest);
        assertThat(manifest.text()).startsWith("file \"").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", textBlock = """
            ''                                                      -> the manifest is empty
            file a seq 1 type i                                     -> line 1 does not end: the manifest is cut short
            file a seq 1 type i~file b seq 2                        -> line 2 does not end: the manifest is cut short
            ~                                                       -> line 1: not of the form 'file NAME seq NUMBER type b|h|i'
            file a seq 1 type i~~file b seq 2 type i~               -> line 2: not of the form 'file NAME seq NUMBER type b|h|i'
            file a seq 1~                                           -> line 1: not of the form 'file NAME seq NUMBER type b|h|i'
            file a seq 1 type i extra~                              -> line 1: not of the form 'file NAME seq NUMBER type b|h|i'
            file a seq 1 type b~file b seq 2 type b~                -> line 2: a second base file
            file a seq 1 type x~                                    -> line 1: unknown type 'x'
            file a seq 1 type base~                                 -> line 1: unknown type 'base'
            file a seq 1 typ i~                                     -> line 1: unknown type ''
            file a seq 0 type i~                                    -> line 1: '0' is no sequence number
            file a seq -1 type i~                                   -> line 1: '-1' is no sequence number
            file a seq one type i~                                  -> line 1: 'one' is no sequence number
            file a sec 1 type i~                                    -> line 1: it has no sequence number
            file a seq 2 type i~file b seq 1 type i~                -> line 2: sequence numbers of increments do not increase
            file a seq 1 type i~# x~file b seq 1 type i~            -> line 3: sequence numbers of increments do not increase
            file ../a seq 1 type i~                                 -> line 1: '../a' is not the bare name of a file
            file /etc/passwd seq 1 type i~                          -> line 1: '/etc/passwd' is not the bare name of a file
            fil a seq 1 type i~                                     -> line 1: '' is not the bare name of a file
            file "" seq 1 type i~                                   -> line 1: '' is not the bare name of a file
            file "a seq 1 type i~                                   -> line 1: unbalanced quotes in request
            """)
    void whatIsNoManifestIsRefused(String text, String message) {
        if (text == null) text = "";
        var lines = text.replace('~', '\n');
        assertThatThrownBy(() -> AofManifest.parse(lines)).isInstanceOf(AofException.class).hasMessage(message);
    }

    @Test
    void aLineMayNotBeTooLong() throws Exception {
        var line = "file a seq 1 type i x ";
        assertThat(AofManifest.parse(line + "y".repeat(1024 - line.length()) + "\n").increments()).hasSize(1);
        assertThatThrownBy(() -> AofManifest.parse(line + "y".repeat(1025 - line.length()) + "\n"))
                .isInstanceOf(AofException.class).hasMessage("line 1: longer than 1024 bytes");
    }

    @Test
    void aRewriteReplacesAllButTheNewIncrement() {
        var base = MANIFEST.nextBase("appendonly.aof", "aof");
        var increment = MANIFEST.nextIncrement("appendonly.aof");
        assertThat(base).isEqualTo(new Part("appendonly.aof.3.base.aof", 3, 'b'));
        assertThat(increment).isEqualTo(new Part("appendonly.aof.6.incr.aof", 6, 'i'));

        var grown = MANIFEST.withIncrement(increment);
        assertThat(grown.parts()).containsExactly(BASE, INCREMENT_3, INCREMENT_5, increment);
        var rewritten = grown.rewritten(base, List.of(increment));
        assertThat(rewritten.parts()).containsExactly(base, increment);
        assertThat(rewritten.history()).extracting(Part::name).containsExactlyInAnyOrder(
                BASE.name(), INCREMENT_3.name(), INCREMENT_5.name(), HISTORY.name());
        assertThat(rewritten.history()).extracting(Part::type).containsOnly('h');
        assertThat(rewritten.withoutHistory()).isEqualTo(new AofManifest(base, List.of(), List.of(increment)));
    }

    @Test
    void sequencesBeginWithOne() {
        assertThat(AofManifest.EMPTY.nextBase("x", "aof")).isEqualTo(new Part("x.1.base.aof", 1, 'b'));
        assertThat(AofManifest.EMPTY.nextIncrement("x")).isEqualTo(new Part("x.1.incr.aof", 1, 'i'));
    }
}
