package redis.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import redis.resp.ByteString;

/// What an RDB file gave, and the means to make one by hand.
///
/// @param byKey in the order of the file
/// @param aux the fields, as `name=value`
record RdbContent(Map<ByteString, Entry> byKey, List<String> aux, List<Long> resizeHint, List<String> skipped) implements RdbReader.Sink {

    record Entry(ByteString key, ByteString value, long deadline) {}

    static RdbContent of(InputStream file, boolean verifyChecksum) throws IOException {
        var content = new RdbContent(new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        new RdbReader(file, verifyChecksum).read(content);
        return content;
    }

    static RdbContent of(byte[] file) throws IOException {
        return of(new ByteArrayInputStream(file), true);
    }

    /// A version 10 file with these opcodes and keys, and a checksum that is right.
    static byte[] file(Object... parts) {
        return withChecksum(bytes("REDIS0010", bytes(parts), 0xff));
    }

    static byte[] withChecksum(byte[] bytes) {
        return bytes(bytes, littleEndian(Crc64.update(0, bytes, 0, bytes.length), 8));
    }

    /// @param parts a number is one byte, a text one byte for each char, and arrays are themselves
    static byte[] bytes(Object... parts) {
        var bytes = new ByteArrayOutputStream();
        for (var part : parts) {
            switch (part) {
                case Integer b -> bytes.write(b);
                case String text -> bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
                case byte[] array -> bytes.writeBytes(array);
                default -> throw new IllegalArgumentException(part.toString());
            }
        }
        return bytes.toByteArray();
    }

    static byte[] littleEndian(long number, int length) {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte) (number >>> 8 * i);
        return bytes;
    }

    List<Entry> entries() {
        return List.copyOf(byKey.values());
    }

    @Override
    public boolean entry(ByteString key, ByteString value, long deadline) {
        return byKey.putIfAbsent(key, new Entry(key, value, deadline)) == null;
    }

    @Override
    public void aux(String name, String value) {
        aux.add(name + "=" + value);
    }

    @Override
    public void resizeHint(long keys, long withDeadline) {
        resizeHint.addAll(List.of(keys, withDeadline));
    }

    @Override
    public void skipped(String what) {
        skipped.add(what);
    }
}
