package redis.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
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

    private final Socket socket = new Socket();
    private final InputStream in;

    private String id;
    private long offset;

    /// Introduces itself. What else the master is to know is told with [#ask].
    FakeReplica(InetSocketAddress master) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(master, TestClient.TIMEOUT_MILLIS);
        socket.setSoTimeout(TestClient.TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
        assertThat(ask("REPLCONF", "listening-port", Integer.toString(LISTENING_PORT))).isEqualTo("+OK");
    }

    /// One that has been given all data with their length before them, as who does not announce `eof` is. What it reads next is the stream.
    static FakeReplica synchronizedWith(InetSocketAddress master) throws IOException {
        var replica = new FakeReplica(master);
        assertThat(replica.ask("REPLCONF", "capa", "psync2")).isEqualTo("+OK");
        replica.send("PSYNC", "?", "-1");
        replica.readFullResync();
        replica.readSnapshot();
        return replica;
    }

    void send(String... words) throws IOException {
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
        var bytes = in.readNBytes(length);
        if (bytes.length < length) throw new EOFException("the master has closed the connection after " + Reply.excerpt(bytes, 0));
        return bytes;
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
        var bytes = readStream(PING.length()); // no command is shorter
        while (bytes.equals(PING)) bytes = readStream(PING.length());
        bytes += readStream(expected.length() - PING.length());
        assertThat(Reply.escape(bytes.getBytes(StandardCharsets.ISO_8859_1))).isEqualTo(Reply.escape(expected.getBytes(StandardCharsets.UTF_8)));
    }

    /// Asserts that the next thing in the stream is a ping.
    void expectPing() throws IOException {
        assertThat(readStream(PING.length())).isEqualTo(PING);
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
            throw new AssertionError("the connection is still open; the master has sent: " + Reply.excerpt(rest.toByteArray(), 0), e);
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
