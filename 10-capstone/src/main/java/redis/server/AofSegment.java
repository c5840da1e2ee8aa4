package redis.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

import static java.nio.file.StandardOpenOption.WRITE;

/// One file of the log that is being written, and the bytes for it that are still in memory.
///
/// There are two buffers: one is filled while the other is written. They are direct, so that the system writes from them without a copy.
final class AofSegment implements AutoCloseable {

    private static final int INITIAL_BUFFER = 16 * 1024;

    /// A buffer that had to grow beyond this is not kept.
    private static final int USUAL_BUFFER = 1024 * 1024;

    private final FileChannel channel;

    private ByteBuffer filling = ByteBuffer.allocateDirect(INITIAL_BUFFER);
    private ByteBuffer writing = ByteBuffer.allocateDirect(INITIAL_BUFFER).limit(0); // between position and limit: still to be written
    private long size;

    /// Continues an existing file at its end.
    AofSegment(Path file) throws IOException {
        channel = FileChannel.open(file, WRITE);
        size = channel.size();
    }

    void append(byte[] bytes, int offset, int length) {
        if (filling.remaining() < length) {
            int capacity = Math.max(2 * filling.capacity(), Math.addExact(filling.position(), length));
            filling = ByteBuffer.allocateDirect(capacity).put(filling.flip());
        }
        filling.put(bytes, offset, length);
    }

    /// What is to be written next: the rest of an attempt that has failed, or else all that has been appended since.
    ByteBuffer takeBuffer() {
        if (writing.hasRemaining()) return writing;
        var emptied = writing.capacity() > USUAL_BUFFER ? ByteBuffer.allocateDirect(INITIAL_BUFFER) : writing.clear();
        writing = filling.flip();
        filling = emptied;
        return writing;
    }

    /// Writes the buffer to the file, all of it or nothing.
    ///
    /// @return how many bytes these were
    /// @throws IOException if it cannot; the bytes stay in the buffer
    int write(ByteBuffer bytes) throws IOException {
        int start = bytes.position();
        try {
            for (long end = size; bytes.hasRemaining(); ) end += channel.write(bytes, end);
        } catch (IOException e) {
            bytes.position(start);
            channel.truncate(size); // half a command must not stay
            throw e;
        }
        int length = bytes.position() - start;
        size += length;
        return length;
    }

    /// Has the system move what was written onto the disk. `fdatasync`, which includes the file's new size.
    void force() throws IOException {
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
