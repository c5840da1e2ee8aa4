package redis.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// What a server makes of the log that it finds when it starts.
class AofLoaderTest {

    @TempDir
    Path directory;

    private AofFiles files;
    private RecordedLog log;

    @BeforeEach
    void prepare() {
        files = new AofFiles(directory.resolve("data"));
        log = new RecordedLog();
    }

    @AfterEach
    void stopRecording() {
        log.close();
    }

    /// What a server holds after its start.
    private Map<String, String> load(String... options) throws IOException {
        try (var server = LocalServer.withLog(files.dir(), options)) {
            return server.dataset();
        }
    }

    /// Asserts that a server does not start, and has left everything as it was.
    ///
    /// @return why it does not
    private String refuse(String... options) throws IOException {
        var before = files.contents();
        var refusal = catchThrowableOfType(AofException.class, () -> load(options));
        assertThat(refusal).as("the start is refused").isNotNull();
        assertThat(files.contents()).isEqualTo(before);
        return refusal.getMessage();
    }

    // ---- sound logs ----

    @Test
    void nothingAtAllBecomesAnEmptyLog() throws Exception {
        assertThat(load()).isEmpty();
        files.consistsOf("base 1", "incr 1");
        assertThat(load()).isEmpty();
        files.consistsOf("base 1", "incr 1");
        files.check();
    }

    @Test
    void theBaseComesFirstThenTheIncrementsInTheirOrder() throws Exception {
        files.with("appendonly.aof.4.base.aof", AofFiles.commands("SELECT 0", "SET k base"))
                .with("appendonly.aof.2.incr.aof", AofFiles.commands("SELECT 0", "APPEND k -2"))
                .with("appendonly.aof.7.incr.aof", "")
                .with("appendonly.aof.9.incr.aof", AofFiles.commands("APPEND k -9"))
                .withManifest("incr 2", "incr 7", "base 4", "incr 9");
        assertThat(load()).isEqualTo(Map.of("k", "base-2-9"));
    }

    @Test
    void oneIncrementIsALog() throws Exception {
        files.withLog(AofFiles.commands("SET k v"));
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("incr 1");
    }

    @Test
    void whatIsWrittenGoesToTheLastIncrement() throws Exception {
        files.with("some name", AofFiles.commands("SET k v")).withManifest("file \"some name\" seq 3 type i");
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("SET", "l", "w").isOk();
        }
        assertThat(AofFiles.records(files.file("some name"), 0)).containsExactly("SET k v", "SELECT 0", "SET l w");
        assertThat(load()).isEqualTo(Map.of("k", "v", "l", "w"));
    }

    @Test
    void anIncrementIsAddedWhereThereIsNone() throws Exception {
        files.with("appendonly.aof.3.base.aof", AofFiles.commands("SET k v")).withManifest("base 3");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("base 3", "incr 1");
    }

    @Test
    void linesThatBeginWithAHashAreSkipped() throws Exception {
        files.withLog("#TS:1700000000\r\n" + AofFiles.commands("SET a 1") + "#TS:1700000001\r\n# isn't a \"command\r\n#\r\n"
                + AofFiles.commands("MULTI") + "#TS:1700000002\r\n" + AofFiles.commands("SET b 2", "EXEC") + "#TS:1700000003\r\n");
        assertThat(load()).isEqualTo(Map.of("a", "1", "b", "2"));
    }

    @Test
    void commandsMayBeInAnyCase() throws Exception {
        files.withLog(AofFiles.commands("select 0", "multi", "sEt k v pxat 4102444800000", "exec", "Pexpireat k 4102444800001 gt"));
        assertThat(load()).isEqualTo(Map.of("k", "v until 4102444800001"));
    }

    @Test
    void eachTransactionIsReplayedOnce() throws Exception {
        files.withLog(AofFiles.commands("MULTI", "INCR n", "EXEC", "MULTI", "INCR n", "EXEC"));
        assertThat(load()).isEqualTo(Map.of("n", "2"));
    }

    @Test
    void anErrorThatWasOneTheFirstTimeChangesNothing() throws Exception {
        files.withLog(AofFiles.commands("SET k v", "INCR k", "SET l w"));
        assertThat(load()).isEqualTo(Map.of("k", "v", "l", "w"));
        assertThat(log.messages()).anyMatch(line -> line.contains("'incr'") && line.contains("not an integer"));
    }

    @Test
    void aKeyThatIsOverDoesNotComeBack() throws Exception {
        files.withLog(AofFiles.commands("SET k v PXAT 1000", "APPEND k w", "SET l v", "PEXPIREAT l 1000", "SET l w XX KEEPTTL", "INCR n"));
        try (var server = LocalServer.withLog(files.dir())) {
            assertThat(server.dataset()).isEqualTo(Map.of("n", "1"));
            Eventually.becomesTrue("their ends are logged", () -> AofFiles.records(files.increment(1), 0).containsAll(List.of("DEL k", "DEL l")));
        }
        assertThat(load()).isEqualTo(Map.of("n", "1"));
    }

    @Test
    void historyIsDeletedAndForgotten() throws Exception {
        files.with("appendonly.aof.1.base.aof", AofFiles.commands("SET old 1"))
                .with("appendonly.aof.2.base.aof", AofFiles.commands("SET k v"))
                .with("appendonly.aof.2.incr.aof", "")
                .withManifest("base 2", "file appendonly.aof.1.base.aof seq 1 type h", "file gone seq 1 type h", "incr 2");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("base 2", "incr 2");
    }

    /// As a crash leaves it in a rewrite that was asked for while appendonly was off: there is no increment, and one in the history.
    @Test
    void aNewIncrementMayHaveTheNameOfOneInTheHistory() throws Exception {
        files.with("appendonly.aof.2.base.aof", AofFiles.commands("SET k v"))
                .with("appendonly.aof.1.incr.aof", AofFiles.commands("SET old 1"))
                .withManifest("base 2", "file appendonly.aof.1.incr.aof seq 1 type h");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("base 2", "incr 1");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
    }

    // ---- the log of Redis before 7 ----

    @Test
    void aSingleFileIsTakenOver() throws Exception {
        Files.createDirectories(files.dir());
        Files.writeString(files.dir().resolve("appendonly.aof"), AofFiles.commands("SELECT 0", "SET k v"));
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        assertThat(files.dir().resolve("appendonly.aof")).doesNotExist();
        files.consistsOf("file appendonly.aof seq 1 type b", "incr 1");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.check();
    }

    @Test
    void takingItOverSurvivesACrashBeforeItIsMoved() throws Exception {
        files.withManifest("file appendonly.aof seq 1 type b");
        Files.writeString(files.dir().resolve("appendonly.aof"), AofFiles.commands("SET k v"));
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("file appendonly.aof seq 1 type b", "incr 1");
    }

    @Test
    void takingItOverSurvivesACrashAfterItWasMoved() throws Exception {
        files.with("appendonly.aof", AofFiles.commands("SET k v")).withManifest("file appendonly.aof seq 1 type b");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        files.consistsOf("file appendonly.aof seq 1 type b", "incr 1");
    }

    @Test
    void aSingleFileIsLeftAloneWhereThereIsANewLog() throws Exception {
        files.withLog(AofFiles.commands("SET k new"));
        var old = files.dir().resolve("appendonly.aof");
        Files.writeString(old, AofFiles.commands("SET k old"));
        assertThat(load()).isEqualTo(Map.of("k", "new"));
        assertThat(old).exists();
    }

    // ---- damage ----

    @ParameterizedTest
    @CsvSource(delimiterString = "->", quoteCharacter = '"', textBlock = """
            NOPE x      -> unknown command 'NOPE', with args beginning with: 'x'
            SET k       -> wrong number of arguments for 'set' command
            SELECT 1    -> DB index is out of range
            SELECT x    -> value is not an integer or out of range
            GET k       -> 'get' changes nothing and has no place in a log
            CONFIG GET x -> 'config|get' changes nothing and has no place in a log
            EXEC        -> unknown command 'EXEC'
            """)
    void aCommandThatCannotBeInALogStopsTheStart(String command, String problem) throws Exception {
        damagedBy(AofFiles.commands(command), problem, "redis-check-aof does not judge commands: remove this one by hand");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "->", quoteCharacter = '~', textBlock = """
            x                       -> expected a command, which begins with '*', and found byte 0x78
            $3\\r\\nSET\\r\\n       -> expected a command, which begins with '*', and found byte 0x24
            \\0                     -> expected a command, which begins with '*', and found byte 0x00
            \\n                     -> expected a command, which begins with '*', and found byte 0x0a
            *x\\r\\n                -> invalid multibulk length
            *1\\r\\n+PING\\r\\n     -> expected '$', got '+'
            *1\\r\\n$-1\\r\\n       -> invalid bulk length
            """)
    void bytesThatAreNoCommandStopTheStart(String bytes, String problem) throws Exception {
        damagedBy(bytes.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0"), problem,
                "See what redis-check-aof says of it; with --fix it cuts the log there");
    }

    private void damagedBy(String damage, String problem, String advice) throws Exception {
        var before = AofFiles.commands("SELECT 0", "SET a 1");
        var after = AofFiles.commands("SET b 2");
        for (var sound : List.of(before, "", before + "#TS:1700000000\r\n")) {
            files.with("appendonly.aof.1.incr.aof", sound + damage + after).with("appendonly.aof.2.incr.aof", after).withManifest("incr 1", "incr 2");
            assertThat(refuse())
                    .startsWith("Bad AOF file " + files.increment(1) + " at offset " + sound.length() + ": " + problem)
                    .contains(advice);
        }
    }

    @Test
    void aBadCommandInATransactionIsNamedByItsOwnPlace() throws Exception {
        var before = AofFiles.commands("SET a 1", "MULTI", "SET a 2");
        files.withLog(before + AofFiles.commands("SET a", "EXEC"));
        assertThat(refuse()).contains("at offset " + before.length() + ": wrong number of arguments");
    }

    @Test
    void aMultiWithinAMultiStopsTheStart() throws Exception {
        var before = AofFiles.commands("MULTI", "SET a 2");
        files.withLog(before + AofFiles.commands("MULTI", "EXEC"));
        assertThat(refuse()).contains("at offset " + before.length() + ": unknown command 'MULTI'");
    }

    @Test
    void aBaseInRdbFormIsRefused() throws Exception {
        files.with("appendonly.aof.1.base.rdb", "REDIS0010\u00fa\u0000").with("appendonly.aof.1.incr.aof", "")
                .withManifest("file appendonly.aof.1.base.rdb seq 1 type b", "incr 1");
        assertThat(refuse()).isEqualTo("The AOF file %s is in RDB form, which the server of this step cannot read: step 06 can."
                .formatted(files.file("appendonly.aof.1.base.rdb")));
    }

    @Test
    void aMissingFileStopsTheStart() throws Exception {
        files.with("appendonly.aof.2.incr.aof", AofFiles.commands("SET k v")).withManifest("incr 1", "incr 2");
        assertThat(refuse()).isEqualTo("The AOF file %s is missing, and the manifest %s names it. Restore it from a backup."
                .formatted(files.increment(1), files.manifest()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "file appendonly.aof.1.incr.aof seq 1 type i", "\u00ff\u00fe\n"})
    void aBadManifestStopsTheStart(String text) throws Exception {
        files.withLog(AofFiles.commands("SET k v")).with("appendonly.aof.manifest", text);
        assertThat(refuse()).startsWith("Bad AOF manifest " + files.manifest() + ": ").contains("backup", "a line 'file NAME seq NUMBER type b|i'");
    }

    @Test
    void filesWithDataButNoManifestStopTheStart() throws Exception {
        files.with("appendonly.aof.1.base.aof", "").with("appendonly.aof.1.incr.aof", AofFiles.commands("SET k v"));
        assertThat(refuse()).isEqualTo("There is the AOF file %s, but no manifest %s. Restore the manifest, or move the files away."
                .formatted(files.increment(1), files.manifest()));
    }

    /// As a crash of the first start of all leaves it.
    @Test
    void emptyFilesWithoutAManifestAreNoLog() throws Exception {
        files.with("appendonly.aof.1.base.aof", "").with("appendonly.aof.1.incr.aof", "").with("temp-appendonly.aof.manifest", "file app");
        assertThat(load()).isEmpty();
        assertThat(AofFiles.read(files.manifest())).hasLineCount(2);
    }

    @Test
    void aDirectoryBelongsToOneServer() throws Exception {
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("SET", "k", "v").isOk();
            assertThat(refuse()).isEqualTo("Another server keeps its data in %s. Stop it, or choose another directory with --dir.".formatted(files.dir()));
            server.call("GET", "k").is("v");
        }
        assertThat(load()).isEqualTo(Map.of("k", "v"));
    }

    // ---- torn ends ----

    /// The log of a server that was stopped in the midst of a write, at any byte.
    @Test
    void whateverIsCutOffTheWholeCommandsBeforeItAreLoaded() throws Exception {
        var sound = AofFiles.commands("SELECT 0", "SET a 1");
        var whole = List.of(
                AofFiles.commands("APPEND a 2"),
                AofFiles.commands("MULTI", "SET b x", "INCR n", "EXEC"),
                AofFiles.commands("SET c last PXAT 4102444800000"));
        var datasets = List.of(
                Map.of("a", "1"),
                Map.of("a", "12"),
                Map.of("a", "12", "b", "x", "n", "1"),
                Map.of("a", "12", "b", "x", "n", "1", "c", "last until 4102444800000"));
        var content = sound + String.join("", whole);
        int kept = sound.length(); // the end of the last command that is all there
        int commands = 0;
        for (int end = sound.length(); end <= content.length(); end++) {
            if (commands < whole.size() && end == kept + whole.get(commands).length()) kept += whole.get(commands++).length();
            files = new AofFiles(directory.resolve("cut at " + end)).withLog(content.substring(0, end));
            assertThat(load()).as("cut at %d", end).isEqualTo(datasets.get(commands));
            assertThat(AofFiles.read(files.increment(1))).as("cut at %d", end).isEqualTo(content.substring(0, kept));
            assertThat(cutOff()).as("cut at %d", end).isEqualTo(content.substring(kept, end));
            files.check();
        }
        assertThat(commands).isEqualTo(whole.size());
    }

    /// What lies beside the log in the files that keep what was cut off.
    private String cutOff() throws IOException {
        var rest = new StringBuilder();
        files.contents().forEach((name, content) -> {
            if (name.startsWith("cut-from-appendonly.aof.1.incr.aof-at-")) rest.append(content);
        });
        return rest.toString();
    }

    @Test
    void aCutIsTold() throws Exception {
        var sound = AofFiles.commands("SET k v");
        files.withLog(sound + "*3\r\n$3\r\nSE");
        load();
        assertThat(log.messages()).anyMatch(line -> line.contains(files.increment(1).toString())
                && line.contains("Truncating it from %d to %d bytes".formatted(sound.length() + 10, sound.length()))
                && line.contains("cut-from-appendonly.aof.1.incr.aof-at-" + sound.length() + "-"));
    }

    @Test
    void aTornEndIsRefusedWhereItMayNotBeCut() throws Exception {
        var sound = AofFiles.commands("SET k v");
        files.withLog(sound + "*3\r\n$3");
        assertThat(refuse("--aof-load-truncated", "no"))
                .startsWith("Unexpected end of the AOF file %s: its last whole command ends at offset %d.".formatted(files.increment(1), sound.length()))
                .contains("redis-check-aof --fix " + files.manifest(), "--aof-load-truncated yes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*3\r\n$3", "*1\r\n$5\r\nMULTI\r\n"})
    void aTornFileThatIsNotTheLastIsRefused(String rest) throws Exception {
        var sound = AofFiles.commands("SET k v");
        files.with("appendonly.aof.1.incr.aof", sound + rest).with("appendonly.aof.2.incr.aof", sound).withManifest("incr 1", "incr 2");
        assertThat(refuse())
                .startsWith("Unexpected end of the AOF file %s: its last whole command ends at offset %d.".formatted(files.increment(1), sound.length()))
                .contains("It is not the last file of the log").contains("redis-check-aof --fix");
    }

    /// A crash just after a rewrite began: the new increment is there, and nothing has got into it.
    @Test
    void aTornFileWithOnlyEmptyOnesAfterItIsCut() throws Exception {
        var sound = AofFiles.commands("SET k v");
        files.with("appendonly.aof.1.incr.aof", sound + "*3\r\n$3").with("appendonly.aof.2.incr.aof", "").with("appendonly.aof.3.incr.aof", "")
                .withManifest("incr 1", "incr 2", "incr 3");
        assertThat(load()).isEqualTo(Map.of("k", "v"));
        assertThat(AofFiles.read(files.increment(1))).isEqualTo(sound);
        files.check();
    }

    // ---- DEBUG LOADAOF ----

    @Test
    void debugLoadAofReadsTheLogAgain() throws Exception {
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("MSET", "a", "1", "b", "2").isOk();
            server.call("PEXPIREAT", "a", "4102444800000").is(1);
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).isEqualTo(Map.of("a", "1 until 4102444800000", "b", "2"));
            server.call("INCR", "b").is(3);
        }
        assertThat(load()).isEqualTo(Map.of("a", "1 until 4102444800000", "b", "3"));
    }

    @Test
    void debugLoadAofThatFailsLeavesTheDataAsTheyWere() throws Exception {
        try (var server = LocalServer.withLog(files.dir())) {
            server.call("MSET", "a", "1", "b", "2").isOk();
            server.call("PEXPIREAT", "a", "4102444800000").is(1);
            var before = server.dataset();
            overwrite(files.increment(1), "x");
            server.call("DEBUG", "LOADAOF").satisfies(reply -> assertThat(reply.toString())
                    .contains("ERR Error trying to load the AOF files, check server logs: Bad AOF file").contains("at offset 0"));
            assertThat(server.dataset()).isEqualTo(before);
            overwrite(files.increment(1), "*");
            server.call("DEBUG", "LOADAOF").isOk();
            assertThat(server.dataset()).isEqualTo(before);
        }
    }

    private static void overwrite(Path file, String bytes) throws IOException {
        try (var out = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            out.write(StandardCharsets.ISO_8859_1.encode(bytes));
        }
    }

    @Test
    void debugLoadAofNeedsALog() throws Exception {
        try (var server = LocalServer.withLog(files.dir(), "--appendonly", "no")) {
            server.call("SET", "k", "v").isOk();
            server.call("DEBUG", "LOADAOF").isError("ERR Error trying to load the AOF files, check server logs: There is no log: appendonly is off");
            server.call("GET", "k").is("v");
        }
    }
}
