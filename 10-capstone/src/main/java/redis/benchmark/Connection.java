package redis.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/// One connection of a load. It never blocks: what the socket does not take leaves when the selector says that it can.
final class Connection implements AutoCloseable {

    private static final int MIN_OUT = 16 << 10;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final ReplyCounter replies = new ReplyCounter();

    private ByteBuffer out = ByteBuffer.allocateDirect(MIN_OUT); // filled and not yet taken by the socket
    private Requests requests;
    private int unsent; // requests that are not even in the buffer yet

    /// Of requests, the replies to which have not come yet.
    int outstanding;

    /// When the requests that are outstanding were sent, and when they should have been: System.nanoTime.
    long sentAt;
    long dueAt;

    /// Which of the connections it is, for traffic that has to know.
    int number;

    private Connection(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
        key.attach(this);
    }

    /// Returns when the connection is there.
    static Connection open(InetSocketAddress address, Selector selector) throws IOException {
        var channel = SocketChannel.open();
        try {
            channel.connect(address);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            return new Connection(channel, channel.register(selector, SelectionKey.OP_READ));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// From here on these are sent. Nothing is outstanding.
    void use(Requests requests) {
        this.requests = requests;
        if (out.capacity() < requests.maxLength()) out = ByteBuffer.allocateDirect(requests.maxLength());
    }

    /// Sends that many requests, or begins to.
    void send(int count) throws IOException {
        unsent += count;
        outstanding += count;
        if ((key.interestOps() & SelectionKey.OP_WRITE) == 0) write();
    }

    /// Goes on to send what could not be sent at once.
    void write() throws IOException {
        while (true) {
            while (unsent > 0 && out.remaining() >= requests.maxLength()) {
                requests.putNext(out);
                unsent--;
            }
            out.flip();
            channel.write(out);
            boolean all = !out.hasRemaining();
            out.compact();
            if (!all) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            if (unsent == 0) break;
        }
        if (key.interestOps() != SelectionKey.OP_READ) key.interestOps(SelectionKey.OP_READ);
    }

    boolean isReadable() {
        return key.isReadable();
    }

    boolean isWritable() {
        return key.isWritable();
    }

    /// Reads what has come.
    ///
    /// @param in of the thread's own, to read into
    /// @return how many replies ended with it
    int read(ByteBuffer in) throws IOException {
        in.clear();
        if (channel.read(in) < 0) throw new LoadException("the server closed a connection, on which it owed %d replies".formatted(outstanding));
        int count = replies.count(in.flip());
        if (replies.error() != null) throw new LoadException("the server replied with an error: " + replies.error());
        return count;
    }

    /// How many replies were "there is nothing".
    long nulls() {
        return replies.nulls();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
