package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import redis.resp.ByteString;
import redis.resp.RespReader;
import redis.resp.RespWriter;

/// A client that keeps the bytes it sent and received, so that a test that fails can show them.
final class TestClient implements AutoCloseable {

    /// How long it waits for the next byte of a reply.
    static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final OutputStream out;
    private final ReceivedBytes received;
    private final RespReader reader;

    private final StringBuilder sent = new StringBuilder(); // since a reply was last read
    private boolean replyRead = true;

    TestClient(InetSocketAddress address) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(address, TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        out = socket.getOutputStream();
        received = new ReceivedBytes(socket.getInputStream());
        reader = new RespReader(received);
    }

    /// Sends a request and waits for its reply.
    Reply call(String... words) throws IOException {
        send(words);
        return read();
    }

    /// Sends a request, and leaves the reply to [#read()].
    TestClient send(String... words) throws IOException {
        var request = new ByteArrayOutputStream();
        var writer = new RespWriter(request);
        writer.writeRequest(Arrays.stream(words).map(ByteString::of).toList());
        writer.flush();
        return transmit(request.toByteArray(), Arrays.stream(words).map(TestClient::quote).collect(Collectors.joining(" ")));
    }

    /// Sends these bytes as they are, one for each char, and leaves the replies to [#read()].
    TestClient sendRaw(String bytes) throws IOException {
        var raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
        return transmit(raw, Reply.excerpt(raw, 0));
    }

    private TestClient transmit(byte[] bytes, String description) throws IOException {
        if (replyRead) sent.setLength(0);
        else sent.append(" · ");
        sent.append(description);
        replyRead = false;
        try {
            out.write(bytes);
        } catch (IOException e) {
            // The server has hung up. read() will tell, and what it sent before that can still be read.
        }
        return this;
    }

    /// Says that no more requests come. Replies can still be read.
    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /// Waits for the next reply. One that is missing, late or malformed fails the test when it is compared.
    Reply read() {
        replyRead = true;
        received.forget();
        long start = reader.bytesConsumed();
        try {
            var value = reader.readReply();
            return new Reply(sent(), received.slice(start, reader.bytesConsumed()), value, null);
        } catch (IOException e) {
            return new Reply(sent(), received.sliceFrom(start), null, e);
        }
    }

    /// Asserts that the server sends nothing more and closes the connection.
    void expectEnd() {
        read().isEnd();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String sent() {
        return sent.length() <= 400 ? sent.toString() : sent.substring(0, 300) + " … " + sent.substring(sent.length() - 97);
    }

    /// A word as one would type it in redis-cli.
    private static String quote(String word) {
        var text = Reply.excerpt(word.getBytes(StandardCharsets.UTF_8), 0);
        return text.matches("[!#-&(-\\[\\]-~]+") ? text : '"' + text + '"';
    }

    /// Passes bytes on to the reader, and keeps them until the next reply is read.
    private final class ReceivedBytes extends FilterInputStream {

        private byte[] kept = new byte[512];
        private int size;
        private long keptFrom; // where the first of them was in the stream

        ReceivedBytes(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            if (n <= 0) return n;
            if (size + n > kept.length) kept = Arrays.copyOf(kept, Math.max(2 * kept.length, size + n));
            System.arraycopy(target, offset, kept, size, n);
            size += n;
            return n;
        }

        byte[] slice(long from, long to) {
            return Arrays.copyOfRange(kept, (int) (from - keptFrom), (int) (to - keptFrom));
        }

        byte[] sliceFrom(long from) {
            return slice(from, keptFrom + size);
        }

        /// Drops what the reader has consumed, once that is worth moving the rest.
        void forget() {
            int consumed = (int) (reader.bytesConsumed() - keptFrom);
            if (consumed < size / 2) return;
            size -= consumed;
            System.arraycopy(kept, consumed, kept, 0, size);
            keptFrom += consumed;
        }
    }
}
