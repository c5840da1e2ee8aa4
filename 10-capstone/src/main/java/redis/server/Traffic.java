package redis.server;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.LongAdder;

/// What goes over the network, in bytes and in reads and writes, with clients or with other servers.
///
/// All sessions count, each in a thread of its own, and once for a packet, not for each request in it. The adders keep them from getting into
/// each other's way.
final class Traffic {

    final LongAdder input = new LongAdder();
    final LongAdder output = new LongAdder();
    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();

    InputStream count(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] buffer, int from, int length) throws IOException {
                int n = in.read(buffer, from, length);
                reads.increment();
                if (n > 0) input.add(n);
                return n;
            }
        };
    }

    OutputStream count(OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(int b) throws IOException {
                out.write(b);
                writes.increment();
                output.increment();
            }

            @Override
            public void write(byte[] buffer, int from, int length) throws IOException {
                out.write(buffer, from, length);
                writes.increment();
                output.add(length);
            }
        };
    }

    long reads() {
        return reads.sum();
    }

    long writes() {
        return writes.sum();
    }

    void reset() {
        input.reset();
        output.reset();
        reads.reset();
        writes.reset();
    }
}
