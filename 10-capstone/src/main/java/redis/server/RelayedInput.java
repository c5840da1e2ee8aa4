package redis.server;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The stream of a master as it is read, and kept until it is passed on to the replicas of this server, byte for byte.
final class RelayedInput extends FilterInputStream {

    private static final int USUAL_BUFFER = 16 * 1024;
    private static final int MAX_IDLE_BUFFER = 1024 * 1024;

    private byte[] kept = new byte[USUAL_BUFFER];
    private int from;
    private int to;
    private long passed; // how many bytes have been passed on

    RelayedInput(InputStream in) {
        super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n = in.read(bytes, offset, length);
        if (n <= 0) return n;
        if (to + n > kept.length) makeRoom(n);
        System.arraycopy(bytes, offset, kept, to, n);
        to += n;
        return n;
    }

    private void makeRoom(int more) {
        int size = to - from;
        var target = size + more <= kept.length ? kept : new byte[Math.max(2 * kept.length, size + more)];
        System.arraycopy(kept, from, target, 0, size);
        kept = target;
        from = 0;
        to = size;
    }

    /// How many bytes have been passed on.
    long passed() {
        return passed;
    }

    /// Whether a request that begins here, behind empty lines, is an array, and not a line of text.
    boolean hasArrayAt(long offset) {
        int i = from + (int) (offset - passed);
        while (kept[i] == '\r' || kept[i] == '\n') i++;
        return kept[i] == '*';
    }

    /// Passes on all bytes up to this one.
    void passTo(long end, ReplicationStream stream) {
        int n = (int) (end - passed);
        stream.relay(kept, from, n);
        from += n;
        passed = end;
        if (from == to && kept.length > MAX_IDLE_BUFFER) { // of a very long value
            kept = new byte[USUAL_BUFFER];
            from = to = 0;
        }
    }
}
