package redis.resp;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// A stream that hands out its bytes in the pieces it was given, as a network does: a read returns what is left of one
/// piece and no more. It counts, and it fails the test when somebody goes on reading behind its end.
final class PieceStream extends InputStream {

    private static final int MAX_READS_AT_END = 10;

    private final Deque<ByteBuffer> pieces = new ArrayDeque<>();
    private Runnable beforeRead = () -> {};
    private int reads;
    private int readsAtEnd;
    private long delivered;
    private int room;

    private PieceStream(List<byte[]> pieces) {
        for (var piece : pieces) add(piece);
    }

    static PieceStream of(byte[]... pieces) {
        return new PieceStream(List.of(pieces));
    }

    /// @param pieces one char for each byte
    static PieceStream of(String... pieces) {
        return new PieceStream(Arrays.stream(pieces).map(PieceStream::bytes).toList());
    }

    static PieceStream splitAt(int cut, byte[] bytes) {
        return of(Arrays.copyOf(bytes, cut), Arrays.copyOfRange(bytes, cut, bytes.length));
    }

    static PieceStream byteByByte(byte[] bytes) {
        var stream = of(new byte[0]);
        for (byte b : bytes) stream.add(new byte[] {b});
        return stream;
    }

    /// @param text one char for each byte
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void add(byte[] piece) {
        if (piece.length > 0) pieces.add(ByteBuffer.wrap(piece));
    }

    /// Has a check run at the start of each read.
    PieceStream beforeRead(Runnable check) {
        beforeRead = check;
        return this;
    }

    int reads() {
        return reads;
    }

    long delivered() {
        return delivered;
    }

    /// How many bytes the last read had room for.
    int room() {
        return room;
    }

    @Override
    public int read() {
        throw new AssertionError("a read for a single byte");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        beforeRead.run();
        reads++;
        room = length;
        if (length == 0) throw new AssertionError("a read that has no room for a byte");
        var piece = pieces.peek();
        if (piece == null) {
            if (++readsAtEnd > MAX_READS_AT_END) throw new AssertionError("reads on though the stream has ended");
            return -1;
        }
        int n = Math.min(length, piece.remaining());
        piece.get(target, offset, n);
        if (!piece.hasRemaining()) pieces.remove();
        delivered += n;
        return n;
    }
}
