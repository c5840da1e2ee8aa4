package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import jdk.net.ExtendedSocketOptions;

import static java.lang.System.Logger.Level.DEBUG;

/// Who may connect, and what is asked of a connection. For one thread at a time; what INFO tells may be asked by others.
final class Admission {

    private static final System.Logger LOG = System.getLogger(Admission.class.getName());

    private static final int KEEPALIVE_PROBES = 3;
    private static final int MAX_KEEPALIVE_SECONDS = 32_767; // that Linux takes

    private static final String TOO_MANY = "ERR max number of clients reached";

    private static final String PROTECTED = "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default "
            + "user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may "
            + "adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback "
            + "interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if "
            + "you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis "
            + "configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just "
            + "for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need "
            + "to do one of the above things in order for the server to start accepting connections from the outside.";

    private final ServerConfig config;
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();

    Admission(ServerConfig config) {
        this.config = config;
    }

    /// Lets a connection in, or closes it with an error.
    ///
    /// @param clients how many there are
    /// @return whether it is let in
    /// @throws IOException if it has left meanwhile
    boolean admit(Socket socket, int clients) throws IOException {
        var refusal = refusal(socket.getInetAddress(), clients);
        if (refusal != null) {
            rejected.incrementAndGet();
            refuse(socket, refusal);
            return false;
        }
        keepAlive(socket, config.tcpKeepAlive.get());
        accepted.incrementAndGet();
        return true;
    }

    /// @return why it is not let in, in Redis's words; null if it is
    String refusal(InetAddress client, int clients) {
        if (clients >= config.maxClients.get()) return TOO_MANY;
        boolean isProtected = config.protectedMode.get() && config.requirePass.get().isEmpty();
        return isProtected && !client.isLoopbackAddress() ? PROTECTED : null;
    }

    private static void refuse(Socket socket, String refusal) {
        try (socket) {
            socket.getOutputStream().write(("-" + refusal + "\r\n").getBytes(StandardCharsets.US_ASCII)); // fits the empty send buffer: it does not wait
        } catch (IOException e) {
            LOG.log(DEBUG, () -> "Could not refuse " + socket.getRemoteSocketAddress() + ": " + e.getMessage());
        }
    }

    /// Has the system look whether the other side is still there when nothing has come for some time, and then three times before it gives up.
    ///
    /// @param seconds 0: it does not look
    static void keepAlive(Socket socket, int seconds) throws IOException {
        if (seconds == 0) return;
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        var supported = socket.supportedOptions();
        if (!supported.contains(ExtendedSocketOptions.TCP_KEEPIDLE)) return; // then it looks every two hours
        socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, Math.min(seconds, MAX_KEEPALIVE_SECONDS));
        socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, Math.clamp(seconds / KEEPALIVE_PROBES, 1, MAX_KEEPALIVE_SECONDS));
        socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_PROBES);
    }

    Map<String, ?> statistics() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("total_connections_received", accepted);
        fields.put("rejected_connections", rejected);
        return fields;
    }

    void resetStatistics() {
        accepted.set(0);
        rejected.set(0);
    }
}
