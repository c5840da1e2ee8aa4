package redis.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/// How long the tests wait for bytes that may never come.
///
/// A server that works answers at once, so the wait may be long: no machine is too slow for it. But a server that forgets to flush would
/// cost every one of its tests as long, and minutes in all. So once nothing has come, which makes the run red for good, waits become shorter: each that
/// is in vain halves those that follow, as long as they are three times the longest wait that was worth it.
final class Patience {

    static final int FULL_MILLIS = 5_000;

    private static final int LEAST_MILLIS = 200;

    // Shared by all tests of a run, and by their threads. A lost update does no harm.
    private static volatile int millis = FULL_MILLIS;
    private static volatile long longestMillis;

    private Patience() {}

    /// Whether something has failed to come before.
    static boolean isLost() {
        return millis < FULL_MILLIS;
    }

    /// How long to wait now.
    static int millis() {
        return Math.clamp(3 * longestMillis, millis, FULL_MILLIS);
    }

    /// Connects. The caller closes the socket.
    ///
    /// @throws ConnectException that says what a learner may have forgotten
    static Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(address, millis());
            return socket;
        } catch (IOException e) {
            socket.close();
            var failure = new ConnectException(Mismatch.message("", "a connection to %s:%d".formatted(address.getHostString(), address.getPort()),
                    e.getMessage(), "does the server listen there when its start() returns? Does it go on accepting while others are served, and after one has failed?"));
            failure.initCause(e);
            throw failure;
        }
    }

    /// Something has come.
    ///
    /// @param start when the wait began, by [System#nanoTime()]
    static void rewarded(long start) {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        if (millis > longestMillis) longestMillis = millis;
    }

    /// Nothing has come.
    ///
    /// @param waited for how long, in milliseconds
    /// @return what says so
    static SocketTimeoutException exhausted(int waited) {
        millis = Math.max(millis / 2, LEAST_MILLIS);
        return new SocketTimeoutException("and no more within " + (waited % 1_000 == 0 ? waited / 1_000 + " s" : waited + " ms"));
    }
}
