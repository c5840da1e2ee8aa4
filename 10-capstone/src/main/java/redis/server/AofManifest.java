package redis.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import redis.resp.ByteString;
import redis.resp.RespReader;

/// Which files make up the log, in the order in which they are to be loaded: first the base, then the increments.
///
/// It is written as Redis 7 writes it, one line for each file: `file appendonly.aof.1.base.aof seq 1 type b`.
///
/// @param base the keyspace as it was at the last rewrite; null if there was none
/// @param history files that a rewrite has replaced, and that can be deleted
/// @param increments what has been written since, oldest first
record AofManifest(Part base, List<Part> history, List<Part> increments) {

    static final AofManifest EMPTY = new AofManifest(null, List.of(), List.of());

    private static final int MAX_LINE = 1024;

    /// One file of the log.
    ///
    /// @param name within the log's directory
    /// @param sequence counts the files of a type, from 1 on
    /// @param type `b` for the base, `h` for history, `i` for an increment
    record Part(String name, long sequence, char type) {

        private String line() {
            var quoted = name.matches("[!#-&(-\\[\\]-~]+") ? name : '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            return "file " + quoted + " seq " + sequence + " type " + type + "\n";
        }
    }

    // ---- what it says ----

    Part lastIncrement() {
        return increments.isEmpty() ? null : increments.getLast();
    }

    /// The files to load, in order.
    List<Part> parts() {
        return Stream.concat(Stream.ofNullable(base), increments.stream()).toList();
    }

    /// @param filename the parameter `appendfilename`
    /// @param extension of its form: `rdb` or `aof`
    Part nextBase(String filename, String extension) {
        long sequence = base == null ? 1 : base.sequence + 1;
        return new Part(filename + "." + sequence + ".base." + extension, sequence, 'b');
    }

    Part nextIncrement(String filename) {
        long sequence = increments.isEmpty() ? 1 : lastIncrement().sequence + 1;
        return new Part(filename + "." + sequence + ".incr.aof", sequence, 'i');
    }

    // ---- how it changes ----

    AofManifest withIncrement(Part increment) {
        return new AofManifest(base, history, Stream.concat(increments.stream(), Stream.of(increment)).toList());
    }

    /// After a rewrite: a new base, which stands for the old one and for all increments but these.
    AofManifest rewritten(Part newBase, List<Part> kept) {
        var replaced = parts().stream().filter(part -> !kept.contains(part)).map(part -> new Part(part.name, part.sequence, 'h'));
        return new AofManifest(newBase, Stream.concat(replaced, history.stream()).toList(), kept);
    }

    AofManifest withoutHistory() {
        return new AofManifest(base, List.of(), increments);
    }

    // ---- its text ----

    String text() {
        var text = new StringBuilder();
        Stream.of(Stream.ofNullable(base), history.stream(), increments.stream()).flatMap(parts -> parts)
                .forEach(part -> text.append(part.line()));
        return text.toString();
    }

    /// @throws AofException if it is no manifest; the message says what is wrong in which line
    static AofManifest parse(String text) throws AofException {
        var lines = text.split("\n", -1);
        if (text.isEmpty()) throw new AofException("the manifest is empty");
        if (!lines[lines.length - 1].isEmpty()) throw new AofException("line " + lines.length + " does not end: the manifest is cut short");
        Part base = null;
        var history = new ArrayList<Part>();
        var increments = new ArrayList<Part>();
        for (int i = 0; i < lines.length - 1; i++) {
            if (lines[i].startsWith("#")) continue;
            try {
                var part = parsePart(lines[i]);
                switch (part.type) {
                    case 'b' -> {
                        if (base != null) throw new AofException("a second base file");
                        base = part;
                    }
                    case 'h' -> history.add(part);
                    default -> { // an increment
                        if (!increments.isEmpty() && part.sequence <= increments.getLast().sequence) {
                            throw new AofException("sequence numbers of increments do not increase");
                        }
                        increments.add(part);
                    }
                }
            } catch (IOException e) {
                throw new AofException("line " + (i + 1) + ": " + e.getMessage());
            }
        }
        return new AofManifest(base, List.copyOf(history), List.copyOf(increments));
    }

    private static Part parsePart(String line) throws IOException {
        if (line.length() > MAX_LINE) throw new AofException("longer than " + MAX_LINE + " bytes");
        var words = words(line);
        if (words.size() < 6 || words.size() % 2 != 0) throw new AofException("not of the form 'file NAME seq NUMBER type b|h|i'");
        String name = "";
        long sequence = 0;
        String type = "";
        for (int i = 0; i < words.size(); i += 2) {
            var key = words.get(i);
            var value = words.get(i + 1);
            if (key.equalsIgnoreCase("file")) name = value.toString();
            else if (key.equalsIgnoreCase("seq")) sequence = parseSequence(value);
            else if (key.equalsIgnoreCase("type")) type = value.toString();
        }
        if (name.isEmpty() || name.contains("/")) throw new AofException("'" + name + "' is not the bare name of a file");
        if (sequence == 0) throw new AofException("it has no sequence number");
        if (!type.matches("[bhi]")) throw new AofException("unknown type '" + type + "'");
        return new Part(name, sequence, type.charAt(0));
    }

    private static long parseSequence(ByteString text) throws AofException {
        try {
            long sequence = text.parseLong();
            if (sequence > 0) return sequence;
        } catch (NumberFormatException e) {
            // the exception below serves both
        }
        throw new AofException("'" + text + "' is no sequence number");
    }

    /// The words of a line follow the rules of an inline request, quotes included.
    private static List<ByteString> words(String line) throws IOException {
        var words = new RespReader(new ByteArrayInputStream((line + "\n").getBytes(StandardCharsets.UTF_8))).readRequest();
        return words == null ? List.of() : words;
    }
}
