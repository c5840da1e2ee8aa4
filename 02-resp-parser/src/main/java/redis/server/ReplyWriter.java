package redis.server;

import java.io.BufferedOutputStream;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Writes replies into a buffer. They leave together at [#flush()]: one write to the socket for many replies.
final class ReplyWriter implements Flushable {

    private static final int BUFFER_SIZE = 16 * 1024;

    private final OutputStream out;

    ReplyWriter(OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER_SIZE);
    }

    /// `+OK\r\n`: a short text without line breaks.
    void simpleString(String text) throws IOException {
        line('+', text);
    }

    /// `-ERR unknown command\r\n`. The first word is the error's code.
    ///
    /// @param message one char for each byte; a line break is sent as a space, or it would end the reply
    void error(String message) throws IOException {
        line('-', message.replace('\r', ' ').replace('\n', ' '));
    }

    /// `$5\r\nhello\r\n`: any bytes.
    void bulkString(byte[] bytes) throws IOException {
        line('$', Integer.toString(bytes.length));
        out.write(bytes);
        out.write('\r');
        out.write('\n');
    }

    /// `*2\r\n`: the next two replies are the elements of an array.
    void arrayHeader(int size) throws IOException {
        line('*', Integer.toString(size));
    }

    private void line(char type, String text) throws IOException {
        out.write((type + text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }
}
