package redis.server;

import java.io.IOException;
import java.nio.file.Path;

/// A log that cannot be loaded. The message names the file, the place in it, and what to do; the files are as they were.
final class AofException extends IOException {

    private static final long serialVersionUID = 1;

    AofException(String message) {
        super(message);
    }

    static AofException at(Path file, long offset, String problem) {
        return new AofException("Bad AOF file %s at offset %d: %s.".formatted(file, offset, problem));
    }
}
