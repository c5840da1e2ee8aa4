package redis.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.resp.ByteString;
import redis.resp.RespReader;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;

/// The files of a log, as a test writes and reads them. Texts have one char for each byte.
///
/// @param dir the server's directory; the log is in `appendonlydir` below it
record AofFiles(Path dir) {

    Path logDir() {
        return dir.resolve("appendonlydir");
    }

    Path file(String name) {
        return logDir().resolve(name);
    }

    Path base(int sequence) {
        return file("appendonly.aof." + sequence + ".base.aof");
    }

    Path increment(int sequence) {
        return file("appendonly.aof." + sequence + ".incr.aof");
    }

    Path manifest() {
        return file("appendonly.aof.manifest");
    }

    /// Writes a file of the log, which is not in the manifest yet.
    AofFiles with(String name, String content) throws IOException {
        Files.createDirectories(logDir());
        Files.writeString(file(name), content, StandardCharsets.ISO_8859_1);
        return this;
    }

    /// Writes a manifest of these files: `base 1`, `incr 2`; anything else is a line as it is.
    AofFiles withManifest(String... lines) throws IOException {
        return with("appendonly.aof.manifest", Arrays.stream(lines).map(AofFiles::line).collect(Collectors.joining()));
    }

    private static String line(String line) {
        var words = line.split(" ");
        return switch (words[0]) {
            case "base" -> "file appendonly.aof." + words[1] + ".base.aof seq " + words[1] + " type b\n";
            case "incr" -> "file appendonly.aof." + words[1] + ".incr.aof seq " + words[1] + " type i\n";
            default -> line + "\n";
        };
    }

    /// A log of one increment, the only file.
    AofFiles withLog(String content) throws IOException {
        return with("appendonly.aof.1.incr.aof", content).withManifest("incr 1");
    }

    static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /// The names of the files in the log's directory, sorted.
    List<String> names() throws IOException {
        return List.copyOf(contents().keySet());
    }

    /// What is in each of them, to see later whether one has changed.
    Map<String, String> contents() throws IOException {
        var contents = new TreeMap<String, String>();
        try (var files = Files.list(logDir())) {
            for (var file : files.toList()) contents.put(file.getFileName().toString(), read(file));
        }
        return contents;
    }

    /// Asserts that these are the files in the log's directory, and that its manifest names them all.
    void consistsOf(String... manifestLines) throws IOException {
        assertThat(read(manifest())).isEqualTo(Arrays.stream(manifestLines).map(AofFiles::line).collect(Collectors.joining()));
        var named = Arrays.stream(manifestLines).map(line -> line(line).split(" ")[1]);
        assertThat(names()).containsExactlyInAnyOrderElementsOf(Stream.concat(named, Stream.of("appendonly.aof.manifest")).toList());
    }

    /// Copies the log to another server's directory.
    AofFiles copyTo(Path other) throws IOException {
        var copy = new AofFiles(other);
        for (var entry : contents().entrySet()) copy.with(entry.getKey(), entry.getValue());
        return copy;
    }

    /// Asserts that redis-check-aof finds nothing wrong. Skips the test where there is none.
    void check() throws IOException, InterruptedException {
        Programs.require("redis-check-aof");
        assertThat(Programs.run("", "redis-check-aof", manifest().toString())).contains("All AOF files and manifest are valid");
    }

    // ---- commands, written as one types them: words with spaces between them ----

    /// The bytes of these commands.
    static String commands(String... commands) {
        return encode(Arrays.stream(commands).map(command -> Arrays.stream(command.split(" ")).map(ByteString::of).toList()).toList());
    }

    private static String encode(List<List<ByteString>> commands) {
        var bytes = new ByteArrayOutputStream();
        var writer = new RespWriter(bytes);
        try {
            for (var command : commands) writer.writeRequest(command);
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array in memory fails no write
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /// The commands of a file from an offset on. Each must be written just as we write it, byte for byte.
    static List<String> records(Path file, long offset) throws IOException {
        var content = read(file).substring((int) offset);
        var reader = new RespReader(new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1)));
        var commands = new ArrayList<List<ByteString>>();
        for (var command = reader.readRequest(); command != null; command = reader.readRequest()) commands.add(command);
        assertThat(content.equals(encode(commands))).as("%s is written as we write it", file).isTrue();
        var records = new ArrayList<String>();
        for (var command : commands) records.add(command.stream().map(ByteString::toString).collect(Collectors.joining(" ")));
        return records;
    }
}
