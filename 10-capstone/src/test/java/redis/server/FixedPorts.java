package redis.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Ports for servers that come back on the one they had.
///
/// The system takes the ports of outgoing connections from 32768 on (macOS: 49152). A port from there could be given away while its server is down; even
/// to the client that tries to reach it, which then is connected with itself.
final class FixedPorts {

    private FixedPorts() {}

    /// One that is free, and that the system gives to nobody who has not asked for it.
    static int next() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
            try (var _ = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
                return port;
            } catch (IOException e) {
                // somebody has it
            }
        }
    }
}
