package redis.server;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// A connection's input as the network might deliver it: no read returns more than what is left of one packet.
final class PacketStream extends InputStream {

    private final List<byte[]> packets;
    private final Runnable beforeRead;
    private int packet;
    private int position;

    /// @param beforeRead runs each time someone asks for more, at the end of the stream too
    PacketStream(List<byte[]> packets, Runnable beforeRead) {
        this.packets = packets;
        this.beforeRead = beforeRead;
    }

    PacketStream(List<byte[]> packets) {
        this(packets, () -> {});
    }

    /// @param packets one char for each byte
    static PacketStream of(String... packets) {
        return new PacketStream(Arrays.stream(packets).map(PacketStream::bytes).toList());
    }

    static PacketStream byteByByte(String text) {
        return of(text.split(""));
    }

    /// Cuts at random places; sometimes into single bytes, sometimes not at all.
    static PacketStream atRandom(byte[] bytes, Random random) {
        int longest = 1 << random.nextInt(18);
        var packets = new ArrayList<byte[]>();
        for (int from = 0, to; from < bytes.length; from = to) {
            to = Math.min(bytes.length, from + 1 + random.nextInt(longest));
            packets.add(Arrays.copyOfRange(bytes, from, to));
        }
        return new PacketStream(packets);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public int read() {
        throw new AssertionError("a read of a single byte: on a socket, that is a system call for each");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        beforeRead.run();
        if (packet == packets.size()) return -1;
        var bytes = packets.get(packet);
        int n = Math.min(length, bytes.length - position);
        System.arraycopy(bytes, position, target, offset, n);
        position += n;
        if (position == bytes.length) {
            packet++;
            position = 0;
        }
        return n;
    }
}
