package redis.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import redis.resp.ByteString;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;

/// A replica that a test plays: it sends what it is told to, and looks at each byte that the master sends.
final class FakeReplica implements AutoCloseable {

    static final int LISTENING_PORT = 7777; // on which nobody has to listen

    private static final String PING = "*1\r\n$4\r\nping\r\n";

    private final Socket socket;
    private final InputStream in;
    private String sent = ""; // the last request
    private final ByteArrayOutputStream received = new ByteArrayOutputStream(); // since the last comparison began

    private String id;
    private long offset;

    /// Introduces itself. What else the master is to know is told with [#ask].
    FakeReplica(InetSocketAddress master) throws IOException {
        socket = Patience.connect(master);
        in = new BufferedInputStream(new Input());
        expectLine("+OK", "REPLCONF", "listening-port", Integer.toString(LISTENING_PORT));
    }

    /// One that has been given all data with their length before them, as who does not announce `eof` is. What it reads next is the stream.
    static FakeReplica synchronizedWith(InetSocketAddress master) throws IOException {
        var replica = new FakeReplica(master);
        replica.expectLine("+OK", "REPLCONF", "capa", "psync2");
        replica.send("PSYNC", "?", "-1");
        replica.readFullResync();
        replica.readSnapshot();
        return replica;
    }

    /// What the master sends, with as much patience as there is.
    private final class Input extends FilterInputStream {

        Input() throws IOException {
            super(socket.getInputStream());
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            long start = System.nanoTime();
            int patience = Patience.millis();
            socket.setSoTimeout(patience);
            try {
                int n = super.read(target, offset, length);
                Patience.rewarded(start);
                return n;
            } catch (SocketTimeoutException e) {
                throw Patience.exhausted(patience);
            }
        }
    }

    void send(String... words) throws IOException {
        sent = String.join(" ", words);
        sendRaw(encode(words));
    }

    void sendRaw(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
    }

    /// Sends a request, and waits for the line that answers it.
    String ask(String... words) throws IOException {
        send(words);
        return readLine();
    }

    /// Sends a request, and asserts that this line answers it.
    void expectLine(String line, String... words) throws IOException {
        send(words);
        compare((line + "\r\n").getBytes(StandardCharsets.UTF_8), () -> (readLine() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @FunctionalInterface
    private interface Read {
        byte[] bytes() throws IOException;
    }

    private void compare(byte[] expected, Read read) {
        byte[] bytes;
        IOException failure = null;
        received.reset();
        try {
            bytes = read.bytes();
        } catch (IOException e) {
            bytes = received.toByteArray();
            failure = e;
        }
        if (Arrays.equals(expected, bytes)) return;
        var hint = bytes.length == 0 && failure instanceof SocketTimeoutException ? "nothing came to the replica. Was it written to the stream, and flushed to this replica?" : "";
        var asked = sent + " (as a replica)" + TestClient.sentElsewhere();
        throw new AssertionError(new Mismatch(asked, expected, bytes, failure, hint).message());
    }

    void acknowledge() throws IOException {
        send("REPLCONF", "ACK", Long.toString(offset));
    }

    /// The next line that is not empty: a master that takes its time sends empty ones.
    String readLine() throws IOException {
        var line = new StringBuilder();
        while (true) {
            int b = readByte();
            if (b != '\n') {
                line.append((char) b);
            } else if (!line.isEmpty()) {
                assertThat(line).endsWith("\r");
                return line.substring(0, line.length() - 1);
            }
        }
    }

    private int readByte() throws IOException {
        int b = in.read();
        if (b < 0) throw new EOFException("the master has closed the connection");
        return b;
    }

    /// Reads the answer that announces all data.
    void readFullResync() throws IOException {
        var words = readLine().split(" ");
        assertThat(words).hasSize(3).startsWith("+FULLRESYNC");
        assertThat(words[1]).matches("[0-9a-f]{40}");
        id = words[1];
        offset = Long.parseLong(words[2]);
    }

    /// Reads an RDB file, in whichever way its end is told.
    byte[] readSnapshot() throws IOException {
        var header = readLine();
        var content = header.startsWith("$EOF:") ? readUpTo(header.substring("$EOF:".length())) : readExactly(Integer.parseInt(header.substring(1)));
        assertThat(new String(content, 0, 5, StandardCharsets.US_ASCII)).isEqualTo("REDIS");
        return content;
    }

    private byte[] readExactly(int length) throws IOException {
        var bytes = new ByteArrayOutputStream(length);
        while (bytes.size() < length) {
            int b = readByte();
            bytes.write(b);
            received.write(b);
        }
        return bytes.toByteArray();
    }

    private byte[] readUpTo(String mark) throws IOException {
        assertThat(mark).hasSize(40);
        var bytes = new ByteArrayOutputStream();
        var end = mark.getBytes(StandardCharsets.US_ASCII);
        while (bytes.size() < end.length || !bytes.toString(StandardCharsets.ISO_8859_1).endsWith(mark)) bytes.write(readByte());
        return Arrays.copyOf(bytes.toByteArray(), bytes.size() - end.length);
    }

    /// Asserts that the stream goes on with these commands, byte for byte. A ping may come before each.
    void expect(String... commands) throws IOException {
        for (var command : commands) expectBytes(encode(command.split(" ")));
    }

    private void expectBytes(String expected) throws IOException {
        compare(expected.getBytes(StandardCharsets.UTF_8), () -> {
            var bytes = readStream(PING.length()); // no command is shorter
            while (bytes.equals(PING)) {
                received.reset();
                bytes = readStream(PING.length());
            }
            bytes += readStream(expected.length() - PING.length());
            return bytes.getBytes(StandardCharsets.ISO_8859_1);
        });
    }

    /// Asserts that the next thing in the stream is a ping.
    void expectPing() throws IOException {
        compare(PING.getBytes(StandardCharsets.US_ASCII), () -> readStream(PING.length()).getBytes(StandardCharsets.ISO_8859_1));
    }

    /// The next bytes of the stream, one for each char.
    String readStream(int length) throws IOException {
        var bytes = readExactly(length);
        offset += length;
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /// Asserts that nothing more has arrived. It does not wait: what a master sends too early may come too late for this.
    void expectNothingYet() throws IOException {
        assertThat(in.available()).isZero();
    }

    /// Asserts that the master sends nothing more and closes the connection.
    void expectEnd() throws IOException {
        var rest = new ByteArrayOutputStream();
        try {
            in.transferTo(rest);
        } catch (SocketTimeoutException e) {
            throw new AssertionError(Mismatch.message(sent + " (as a replica)", "the end of the connection", Mismatch.shown(rest.toByteArray(), 0, e),
                    "the master is to hang up here, and keeps the connection open."), e);
        } catch (IOException e) {
            // it has been reset, which is an end
        }
        assertThat(rest.toString(StandardCharsets.ISO_8859_1).replace(PING, "").replace("\n", "")).isEmpty();
    }

    /// The id of the history that it follows.
    String id() {
        return id;
    }

    /// Where it is in the stream.
    long offset() {
        return offset;
    }

    /// Goes on as a replica that knows this history up to there.
    void knows(String id, long offset) {
        this.id = id;
        this.offset = offset;
    }

    /// Makes the master find out that it has gone before this returns.
    void leave(TestClient master) throws Exception {
        long before = connected(master);
        close();
        Eventually.becomesTrue("the master finds out that a replica has left", () -> connected(master) < before);
    }

    private static long connected(TestClient master) throws IOException {
        return master.call("INFO", "replication").text().lines().filter(line -> line.startsWith("slave") && line.contains("port=" + LISTENING_PORT)).count();
    }

    /// Waits until the master has heard how far it is, and counts it as one of its replicas.
    void acknowledgeTo(TestClient master) throws Exception {
        acknowledge();
        var expected = "state=online,offset=" + offset + ",";
        Eventually.becomesTrue("the acknowledgement arrives", () -> master.call("INFO", "replication").text().contains(expected));
    }

    private static String encode(String... words) {
        var bytes = new ByteArrayOutputStream();
        try {
            var writer = new RespWriter(bytes);
            writer.writeRequest(Arrays.stream(words).map(ByteString::of).toList());
            writer.flush();
        } catch (IOException e) {
            throw new AssertionError(e); // it writes to memory
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
