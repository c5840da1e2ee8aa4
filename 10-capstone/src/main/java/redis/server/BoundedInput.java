package redis.server;

import java.io.IOException;
import java.io.InputStream;

/// The next so many bytes of a stream.
final class BoundedInput extends InputStream {

    private final InputStream in;
    private long left;

    BoundedInput(InputStream in, long length) {
        this.in = in;
        left = length;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (left == 0) return -1;
        int n = in.read(bytes, from, (int) Math.min(length, left));
        if (n > 0) left -= n;
        return n;
    }

    /// Reads to its end.
    ///
    /// @throws java.io.EOFException if the stream ends before
    void skipRest() throws IOException {
        in.skipNBytes(left);
        left = 0;
    }
}
