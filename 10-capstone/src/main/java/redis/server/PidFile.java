package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static java.lang.System.Logger.Level.WARNING;

/// Tells the number of the server's process, as long as it runs. A server that cannot write the file is better than none.
///
/// @param path null: nobody wants to know
record PidFile(Path path) {

    private static final System.Logger LOG = System.getLogger(PidFile.class.getName());

    /// To be called when it is certain that the server runs: before, the file may be that of another one, which has the port.
    void write() {
        if (path == null) return;
        try {
            Files.writeString(path, ProcessHandle.current().pid() + "\n");
        } catch (IOException e) {
            LOG.log(WARNING, "Failed to write PID file: " + e);
        }
    }

    void remove() {
        if (path == null) return;
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(WARNING, "Failed to remove PID file: " + e);
        }
    }
}
