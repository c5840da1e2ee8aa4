package redis.server;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIOException;

class ConfigFileTest {

    @TempDir
    Path directory;

    private Path file(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    private ServerConfig config(String text, String... options) throws Exception {
        var arguments = new ArrayList<>(List.of(file("redis.conf", text).toString()));
        arguments.addAll(List.of(options));
        return ServerConfig.parse(arguments.toArray(String[]::new));
    }

    // ---- reading ----

    @Test
    void readsLinesOfNamesAndValues() throws Exception {
        var config = config("""
                # a comment
                   # another one

                port 7000
                  TIMEOUT\t 5 \r
                bind 127.0.0.1 -::1
                requirepass "two \\"wörds\\" \\x41\\n"
                masterauth 'it\\'s "so"'
                save 900 1
                save 300 10 60 100
                slaveof host 6380
                client-output-buffer-limit replica 1mb 2kb 3
                client-output-buffer-limit pubsub 0 0 0
                shutdown-on-sigterm nosave force
                notify-keyspace-events ""
                appendfsync ALWAYS""");
        assertThat(config.port.get()).isEqualTo(7000);
        assertThat(config.timeout.get()).isEqualTo(5);
        assertThat(config.bind.get()).isEqualTo("127.0.0.1 -::1");
        assertThat(config.requirePass.get()).isEqualTo("two \"wörds\" A\n");
        assertThat(config.masterAuth.get()).isEqualTo("it's \"so\"");
        assertThat(config.save.text()).isEqualTo("900 1 300 10 60 100");
        assertThat(config.replicaOf.get()).isEqualTo("host 6380");
        assertThat(config.clientOutputBufferLimit.text()).isEqualTo("normal 0 0 0 slave 1048576 2048 3 pubsub 0 0 0");
        assertThat(config.shutdownOnSigterm.text()).isEqualTo("nosave force");
        assertThat(config.appendFsync.get()).isEqualTo(FsyncPolicy.ALWAYS);
    }

    @Test
    void theLastLineOfAParameterCountsAndOptionsWin() throws Exception {
        var config = config("port 7000\nport 7001\ntimeout 5\n", "--timeout", "6");
        assertThat(config.port.get()).isEqualTo(7001);
        assertThat(config.timeout.get()).isEqualTo(6);
    }

    @Test
    void snapshotsAreSavedByDefaultUnlessAFileSaysOtherwise() throws Exception {
        assertThat(config("port 7000").save.text()).isEqualTo("3600 1 300 100 60 10000");
        assertThat(config("save \"\"").save.text()).isEmpty();
        assertThat(config("save 900 1\nsave \"\"\nsave 60 1").save.text()).isEqualTo("60 1");
        assertThat(config("save 900 1", "--save", "60", "1").save.text()).as("as in Redis").isEqualTo("900 1 60 1");
        assertThat(config("save 900 1", "--save", "", "--save", "60", "1").save.text()).isEqualTo("60 1");
    }

    @Test
    void anIncludedFileIsReadAtItsPlace() throws Exception {
        file("b.inc", "port 7002\ntimeout 2\n");
        file("a.inc", "port 7003\ntimeout 3\n");
        var config = config("port 7001\ninclude " + directory.resolve("b.inc") + "\ntimeout 1\n");
        assertThat(config.port.get()).isEqualTo(7002);
        assertThat(config.timeout.get()).isEqualTo(1);
        assertThat(config("include \"" + directory + "/*.inc\"").port.get()).as("the last one in the order of names").isEqualTo(7002);
        assertThat(config("include " + directory + "/*.none\nport 7001").port.get()).isEqualTo(7001);
    }

    @Test
    void aFileDoesNotIncludeItself() throws Exception {
        var path = directory.resolve("redis.conf");
        assertThatIllegalArgumentException().isThrownBy(() -> config("include " + path))
                .withMessageContaining("The configuration file " + path + " includes itself");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            prot 7000                  | Bad directive or wrong number of arguments
            *1                         | Bad directive or wrong number of arguments
            port                       | wrong number of arguments
            port 1 2                   | wrong number of arguments
            requirepass two words      | wrong number of arguments
            include                    | wrong number of arguments
            port abc                   | argument couldn't be parsed into an integer
            port 65536                 | argument must be between 0 and 65535 inclusive
            appendonly maybe           | argument must be 'yes' or 'no'
            port "7000                 | Unbalanced quotes in configuration line
            "port"7000                 | Unbalanced quotes in configuration line
            save 60                    | Invalid save parameters
            replicaof host             | argument must be "HOST PORT"
            client-output-buffer-limit normal 0 0 | Wrong number of arguments in buffer limit configuration.
            loglevel lärm              | argument(s) must be one of the following: debug, verbose, notice, warning
            """)
    void saysWhichLineIsWrong(String line, String reason) throws Exception {
        var text = "# a comment\n\n  " + line + " \ntimeout 5\n";
        assertThatIllegalArgumentException().isThrownBy(() -> config(text))
                .isInstanceOf(ConfigFileException.class)
                .withMessage("*** FATAL CONFIG FILE ERROR ***\nReading the configuration file " + directory.resolve("redis.conf") + ", at line 3\n>>> '"
                        + line + "'\n" + reason);
    }

    @Test
    void namesTheIncludedFileInWhichALineIsWrong() throws Exception {
        var included = file("a.inc", "port x");
        assertThatIllegalArgumentException().isThrownBy(() -> config("\n\ninclude " + included)).withMessageContaining(included + ", at line 1\n>>> 'port x'");
    }

    @Test
    void saysWhyAFileCannotBeRead() {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(directory.resolve("none.conf").toString()))
                .withMessageContaining("Can't open the configuration file " + directory.resolve("none.conf") + ": No such file or directory");
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(directory.toString()))
                .withMessageContaining("Can't open the configuration file " + directory + ": Is a directory");
        assertThatIllegalArgumentException().isThrownBy(() -> config("include " + directory.resolve("none.conf")))
                .withMessageContaining("Can't open the configuration file " + directory.resolve("none.conf") + ": No such file or directory");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "word", "two words", "\"quoted\"", "it's", "back\\slash", "\\x41", "é€😀", "\n\r\t\b\u0007\u0000\u007f", " ", "#"})
    void readsWhatItHasQuoted(String word) throws Exception {
        assertThat(ConfigFile.words("name " + ConfigFile.quote(word))).containsExactly("name", word);
    }

    // ---- rewriting ----

    private String rewritten(ServerConfig config) throws Exception {
        config.rewriteFile();
        return Files.readString(config.file(), StandardCharsets.ISO_8859_1).replaceFirst("(?m)^dir .*\n", "");
    }

    @Test
    void changesLinesWhereTheyStandAndKeepsTheRest() throws Exception {
        var config = config("""
                # Port
                   # to listen on

                port   7000
                # ends with a space\040


                hz 10
                slave-priority 50
                include %s
                save 900 1
                TIMEOUT 5
                """.formatted(file("other.inc", "")));
        config.port.set("7001");
        config.timeout.change("0");
        config.requirePass.change("a \"b\" é");
        config.notifyKeyspaceEvents.change("KEA");
        config.autoAofRewriteMinSize.change("2097152");
        config.replBacklogSize.change("1000000");
        assertThat(rewritten(config)).isEqualTo("""
                # Port
                # to listen on

                port 7001
                # ends with a space

                hz 10
                replica-priority 50
                include %s
                save 900 1
                timeout 0

                # Generated by CONFIG REWRITE
                requirepass "a \\"b\\" \\xc3\\xa9"
                auto-aof-rewrite-min-size 2mb
                repl-backlog-size 1000000
                notify-keyspace-events "AKE"
                """.formatted(directory.resolve("other.inc")));
        assertThat(ServerConfig.parse(config.file().toString()).requirePass.get()).isEqualTo("a \"b\" é");
    }

    @Test
    void addsToWhatItHasAddedBefore() throws Exception {
        var config = config("save 900 1\n# Generated by CONFIG REWRITE\ntimeout 5");
        config.maxClients.change("77");
        assertThat(rewritten(config)).isEqualTo("save 900 1\n# Generated by CONFIG REWRITE\ntimeout 5\nmaxclients 77\n");
    }

    @Test
    void leavesOutWhatIsNone() throws Exception {
        var config = config("requirepass x\nreplicaof host 6380\nmasterauth y\nsave 900 1\npidfile z\nlogfile a\n");
        config.requirePass.change("");
        config.masterAuth.change("");
        config.replicaOf.put("");
        config.pidFile.set("");
        config.logFile.set("");
        assertThat(rewritten(config)).isEqualTo("\nsave 900 1\n\nlogfile \"\"\n\n# Generated by CONFIG REWRITE\n");
    }

    @Test
    void writesAsManyLinesAsAParameterTakes() throws Exception {
        var config = config("save 900 1 300 10\nport 7000\nsave 60 1\ntimeout 1\ntimeout 2\nclient-output-buffer-limit pubsub 1mb 0 0\n");
        assertThat(rewritten(config)).isEqualTo("""
                save 900 1
                port 7000
                save 300 10
                timeout 2

                client-output-buffer-limit normal 0 0 0

                # Generated by CONFIG REWRITE
                save 60 1
                client-output-buffer-limit pubsub 1mb 0 0
                """);
        config.save.change("");
        assertThat(rewritten(config)).contains("save \"\"\nport 7000\n\ntimeout 2\n").doesNotContain("save 60");
    }

    @Test
    void doesNotTouchWhatItCannotRead() throws Exception {
        var config = config("save 900 1\n");
        file("redis.conf", "save 900 1\nport \"7000\n");
        assertThat(rewritten(config)).startsWith("save 900 1\n# ??? port \"7000\n");
    }

    @Test
    void commentsKeepTheirEncoding() throws Exception {
        var config = config("save 900 1\n");
        Files.write(config.file(), "# caf\u00e9 \u00ff\nsave 900 1\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(rewritten(config)).startsWith("# caf\u00e9 \u00ff\nsave 900 1\n");
    }

    /// What the server does since it was started with an option, the file says too: without the option it would do something else next time.
    @Test
    void writesWhatOptionsHaveSaid() throws Exception {
        var config = config("daemonize yes\nsave 900 1\nhz 10\n", "--daemonize", "no", "--timeout", "7");
        assertThat(rewritten(config)).isEqualTo("daemonize \"no\"\nsave 900 1\nhz 10\n\n# Generated by CONFIG REWRITE\ntimeout 7\n");
    }

    @Test
    void theFileKeepsItsModeAndLeavesNoOtherBehind() throws Exception {
        var config = config("save 900 1\n");
        Files.setPosixFilePermissions(config.file(), PosixFilePermissions.fromString("rw-r-----"));
        rewritten(config);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config.file()))).isEqualTo("rw-r-----");
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()).toList()).containsExactly("redis.conf");
        }
    }

    @Test
    void isWrittenAnewWhenSomebodyHasRemovedIt() throws Exception {
        var config = config("save 900 1\nport 7000\n");
        Files.delete(config.file());
        assertThat(rewritten(config)).isEqualTo("# Generated by CONFIG REWRITE\nport 7000\nsave 900 1\n");
    }

    @Test
    void saysWhyItCannotBeWritten() throws Exception {
        var config = config("save 900 1\n");
        Files.delete(config.file());
        Files.createDirectory(config.file());
        assertThatIOException().isThrownBy(config::rewriteFile).satisfies(e -> assertThat(ConfigFile.reason(e)).isEqualTo("Is a directory"));
        Files.delete(config.file());
        Files.delete(directory);
        assertThatIOException().isThrownBy(config::rewriteFile).satisfies(e -> assertThat(ConfigFile.reason(e)).isEqualTo("No such file or directory"));
        Files.createDirectory(directory);
        assertThat(directory).as("nothing is left behind").isEmptyDirectory();
    }
}
