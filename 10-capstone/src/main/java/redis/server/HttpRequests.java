package redis.server;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import redis.resp.ByteString;

import static java.lang.System.Logger.Level.WARNING;

/// Recognizes clients that speak HTTP. No client of ours does, but a web page can make the browser of who visits it send a request to this machine, with
/// Redis commands in its body: *cross protocol scripting*. Redis hangs up without a word when it sees the first words of one, and so do we.
///
/// For the thread that holds the store's lock.
final class HttpRequests {

    private static final System.Logger LOG = System.getLogger(HttpRequests.class.getName());

    private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1); // who sends many of them is not to fill the log

    private final LongSupplier nanoTime;
    private boolean told;
    private long lastTold;

    /// @param nanoTime as System.nanoTime()
    HttpRequests(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Whether this is the first word of a line of HTTP, which a warning then tells.
    ///
    /// @param client for the warning: from where
    boolean recognize(ByteString word, String client) {
        if (!word.equalsIgnoreCase("post") && !word.equalsIgnoreCase("host:")) return false;
        long now = nanoTime.getAsLong();
        if (!told || now - lastTold > SILENCE_NANOS) {
            LOG.log(WARNING, "Possible SECURITY ATTACK detected: " + client + " sends POST or Host: commands, most likely a browser that a web page has "
                    + "made do so (cross protocol scripting). Connection aborted.");
            told = true;
            lastTold = now;
        }
        return true;
    }
}
