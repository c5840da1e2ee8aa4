package redis.server;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// CLIENT REPLY at the end of a connection. Redis ends one when the last reply has been written, so that one without a reply stays open.
class ClientReplyTest {

    @TempDir
    Path directory;

    @Test
    void whoLeavesGetsNoFarewell() throws Exception {
        try (var server = LocalServer.start(directory); var client = server.connect()) {
            client.send("CLIENT", "REPLY", "SKIP").send("QUIT").expectEnd();
        }
    }

    @Test
    void aProtocolErrorEndsTheConnectionWithoutAWord() throws Exception {
        try (var server = LocalServer.start(directory); var client = server.connect()) {
            client.send("CLIENT", "REPLY", "OFF").sendRaw("*1\r\n+x\r\n").expectEnd();
        }
    }
}
