package redis.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import redis.resp.ByteString;
import redis.resp.RespWriter;

/// The stream of writes that replicas follow: commands in their order of execution, in one chain of chunks.
///
/// It grows at one end, under the store's lock. Whoever follows it has a [Reader] with a place of its own, and needs no lock. At the other end the chain
/// is held by a reference to the oldest chunk of the *backlog*, what is kept for a replica that comes back; chunks that neither the
/// backlog nor a reader can reach any more are garbage.
///
/// An offset counts the bytes of the stream from its beginning, which may have been on another server.
final class ReplicationStream {

    private static final int CHUNK = 64 * 1024;

    private static final List<ByteString> SELECT_0 = List.of(ByteString.of("SELECT"), ByteString.of("0"));

    /// A piece of the stream. Bytes before `length` never change, and a chunk with a `next` does not grow any more.
    private static final class Chunk {
        final long start; // its first byte's offset
        final byte[] bytes;
        volatile int length;
        volatile Chunk next;

        Chunk(long start, int capacity) {
            this.start = start;
            this.bytes = new byte[capacity];
        }
    }

    // For the thread that holds the store's lock.
    private final RespWriter encoder = new RespWriter(new Tail());
    private Chunk oldest; // null: nobody follows, and nothing is kept
    private Chunk last;
    private long first;   // offset of the first byte that is kept
    private boolean selected; // whether the stream says which database its next command is for
    private boolean relayed;  // it is a master's stream: its bytes come with relay()

    private volatile long offset;
    private Runnable onGrowth = () -> {};

    /// @param onGrowth called under the store's lock each time that there is more to be read
    void onGrowth(Runnable onGrowth) {
        this.onGrowth = onGrowth;
    }

    // ---- under the store's lock ----

    /// Whether anything is kept of what is written.
    boolean isOpen() {
        return oldest != null;
    }

    /// Begins to keep what is written, from this offset on. What there was is forgotten, but not by those who read it.
    ///
    /// @param relayed whether it continues the stream of a master
    void open(long offset, boolean relayed) {
        this.offset = offset;
        this.first = offset;
        this.relayed = relayed;
        oldest = last = new Chunk(offset, CHUNK);
        selected = false;
    }

    /// Goes on with commands of this server, or with the bytes of a master.
    void relayed(boolean relayed) {
        offset();
        this.relayed = relayed;
        selected = false;
    }

    /// Keeps nothing any more.
    void close() {
        offset(); // the encoder has nothing left for a chunk that is gone
        oldest = last = null;
    }

    /// Adds a command. A stream that is relayed has it already, as bytes.
    void append(List<ByteString> command) {
        if (relayed || !isOpen()) return;
        try {
            if (!selected) encoder.writeRequest(SELECT_0);
            selected = true;
            encoder.writeRequest(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
    }

    /// Adds a command that is for no database.
    void appendAside(List<ByteString> command) {
        boolean before = selected;
        selected = true;
        append(command);
        selected = before;
    }

    /// Has the stream say once more which database its next command is for, to those who begin to follow it here.
    void selectAgain() {
        selected = false;
    }

    /// Adds what has come from a master, byte for byte: whoever follows this server's stream follows the master's.
    void relay(byte[] bytes, int from, int length) {
        if (isOpen()) add(bytes, from, length);
    }

    /// The offset of the next byte.
    long offset() {
        try {
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it writes to memory
        }
        return offset;
    }

    /// The offset that everybody may see, without the lock: that of the last batch.
    long visibleOffset() {
        return offset;
    }

    /// What the encoder writes to.
    private final class Tail extends OutputStream {

        @Override
        public void write(int b) {
            add(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            add(bytes, from, length);
        }
    }

    private void add(byte[] bytes, int from, int length) {
        for (int done = 0; done < length; ) {
            if (last.length == last.bytes.length) {
                var chunk = new Chunk(last.start + last.length, CHUNK);
                last.next = chunk;
                last = chunk;
            }
            int n = Math.min(length - done, last.bytes.length - last.length);
            System.arraycopy(bytes, from + done, last.bytes, last.length, n);
            last.length += n; // after the bytes: a reader that sees it sees them
            done += n;
        }
        offset += length;
        onGrowth.run();
    }

    /// Forgets the beginning, but for the last `size` bytes. Whole chunks are forgotten, so a little more may stay.
    void trim(long size) {
        if (!isOpen()) return;
        offset();
        while (oldest.next != null && offset - oldest.next.start >= size) oldest = oldest.next;
        first = Math.max(first, oldest.start);
    }

    /// The offset of the first byte that is kept.
    long first() {
        return first;
    }

    /// @return null if the stream's bytes from this offset on are not kept
    Reader readerAt(long offset) {
        offset();
        if (!isOpen() || offset < first || offset > this.offset) return null;
        var chunk = oldest;
        while (offset > chunk.start + chunk.length || offset == chunk.start + chunk.length && chunk.next != null) chunk = chunk.next;
        return new Reader(chunk, (int) (offset - chunk.start));
    }

    // ---- without it ----

    /// Somebody's place in the stream.
    static final class Reader {

        private Chunk chunk;
        private int at;

        private Reader(Chunk chunk, int at) {
            this.chunk = chunk;
            this.at = at;
        }

        /// Another one at the same place.
        Reader copy() {
            return new Reader(chunk, at);
        }

        /// The offset of the next byte it reads.
        long offset() {
            return chunk.start + at;
        }

        /// Writes the bytes of one chunk, as far as they are there.
        ///
        /// @return how many
        int writeTo(OutputStream out) throws IOException {
            if (!seek()) return 0;
            int n = chunk.length - at;
            out.write(chunk.bytes, at, n);
            at += n;
            return n;
        }

        boolean hasMore() {
            return seek();
        }

        /// Moves to the chunk that has the next byte.
        ///
        /// @return false if there is none
        private boolean seek() {
            while (true) {
                var next = chunk.next; // read before the length, which is final if there is a next
                if (at < chunk.length) return true;
                if (next == null) return false;
                chunk = next;
                at = 0;
            }
        }
    }
}
