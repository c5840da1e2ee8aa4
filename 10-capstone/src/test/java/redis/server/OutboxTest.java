package redis.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;
import redis.resp.RespWriter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/// What waits for one client, without a server and without a network.
class OutboxTest {

    private final Connection connection = new Connection();
    private final AtomicLong now = new AtomicLong(42);
    private final Outbox outbox = new Outbox(new RespWriter(connection), connection, now::get);

    @AfterEach
    void endWriter() {
        connection.close();
        outbox.endWriter();
    }

    /// A client's side: keeps what it gets, and can stop reading.
    private static final class Connection extends OutputStream {

        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final AtomicInteger writes = new AtomicInteger();
        private final CountDownLatch closed = new CountDownLatch(1);
        private final CountDownLatch writing = new CountDownLatch(1);
        private volatile CountDownLatch reads = new CountDownLatch(0);
        private Runnable onWrite = () -> {};

        void stopReading() {
            reads = new CountDownLatch(1);
        }

        void readOn() {
            reads.countDown();
        }

        @Override
        public void write(int b) {
            throw new AssertionError("a write of a single byte");
        }

        /// Waits until the client reads. Fails when the connection is closed, as a socket does.
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            writing.countDown();
            onWrite.run();
            writes.incrementAndGet();
            try {
                while (!reads.await(1, TimeUnit.MILLISECONDS)) {
                    if (isClosed()) break;
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (isClosed()) throw new IOException("closed");
            synchronized (received) {
                received.write(bytes, offset, length);
            }
        }

        String received() {
            synchronized (received) {
                return received.toString(StandardCharsets.US_ASCII);
            }
        }

        boolean isClosed() {
            return closed.getCount() == 0;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private static Message.Encoded output(String text) {
        return new Message.Encoded(ByteString.of(text));
    }

    private static Message.Encoded ofSize(int size) {
        return output("x".repeat(size));
    }

    private boolean add(String text) {
        return outbox.add(output(text), OutputLimit.NONE);
    }

    private void awaitReceived(String text) throws Exception {
        Eventually.becomesTrue("it arrives", () -> connection.received().equals(text));
    }

    // ---- without a writer ----

    @Test
    void whatIsAddedLeavesInItsOrderWithTheNextFlush() throws IOException {
        add("a");
        add("b");
        add("c");
        assertThat(connection.received()).isEmpty();
        outbox.drain();
        assertThat(connection.received()).isEmpty();
        outbox.flush();
        assertThat(connection.received()).isEqualTo("abc");
        assertThat(connection.writes).hasValue(1);
    }

    @Test
    void onlyTheFirstHasToWakeTheWriter() throws IOException {
        assertThat(add("a")).isTrue();
        assertThat(add("b")).isFalse();
        outbox.drain();
        assertThat(add("c")).isTrue();
    }

    @Test
    void countsWhatWaits() throws IOException {
        add("abc");
        add("de");
        assertThat(outbox.bytes()).isEqualTo(5);
        assertThat(outbox.length()).isEqualTo(2);
        outbox.drain();
        assertThat(outbox.bytes()).isZero();
        assertThat(outbox.length()).isZero();
    }

    /// Also those that a writer has taken and could not yet write, one by one.
    @Test
    void countsWhatAWriterHasTakenUntilItIsWritten() throws Exception {
        connection.stopReading();
        for (int i = 0; i < 4; i++) outbox.add(ofSize(20_000), OutputLimit.NONE); // larger than the buffer of RespWriter
        outbox.startWriter("writer");
        connection.writing.await();
        assertThat(outbox.length()).isZero();
        assertThat(outbox.bytes()).isEqualTo(80_000);
        outbox.add(ofSize(5), OutputLimit.NONE);
        assertThat(outbox.bytes()).isEqualTo(80_005);
        connection.readOn();
        outbox.wake();
        awaitReceived("x".repeat(80_005));
        assertThat(outbox.bytes()).isZero();
    }

    /// A session would be kept from its client's next request by those who go on publishing, and what is written would not be sent.
    @Test
    void drainingLeavesWhatIsAddedMeanwhile() throws IOException {
        connection.onWrite = () -> add("added meanwhile");
        outbox.add(ofSize(20_000), OutputLimit.NONE); // larger than the buffer of RespWriter
        outbox.drain();
        assertThat(connection.received()).isEqualTo("x".repeat(20_000));
        assertThat(outbox.length()).isPositive();
    }

    // ---- limits ----

    @Test
    void atItsHardLimitItTakesNothingMore() {
        var limit = new OutputLimit(10, 0, 0);
        assertThat(outbox.add(ofSize(9), limit)).isTrue();
        assertThat(outbox.isOverflown()).isFalse();
        assertThat(outbox.add(ofSize(1), limit)).as("somebody has to end the session").isTrue();
        assertThat(outbox.isOverflown()).isTrue();
        assertThat(outbox.length()).as("what is thrown away needs no memory").isZero();
        assertThat(outbox.add(ofSize(1), limit)).isFalse();
        assertThat(outbox.add(ofSize(1), OutputLimit.NONE)).isFalse();
        assertThat(outbox.length()).isZero();
    }

    @Test
    void whatIsWrittenDoesNotCount() throws IOException {
        var limit = new OutputLimit(10, 0, 0);
        for (int i = 0; i < 10; i++) {
            outbox.add(ofSize(9), limit);
            outbox.drain();
        }
        assertThat(outbox.isOverflown()).isFalse();
    }

    @Test
    void oneThatIsLargerThanTheLimitIsTooMuch() {
        outbox.add(ofSize(11), new OutputLimit(10, 0, 0));
        assertThat(outbox.isOverflown()).isTrue();
    }

    @Test
    void aboveItsSoftLimitItMayBeForSomeSeconds() {
        var limit = new OutputLimit(0, 10, 3);
        outbox.add(ofSize(10), limit);
        now.addAndGet(TimeUnit.SECONDS.toNanos(3));
        assertThat(outbox.check(limit)).isFalse();
        assertThat(outbox.isOverflown()).isFalse();
        now.addAndGet(1);
        assertThat(outbox.check(limit)).isTrue();
        assertThat(outbox.isOverflown()).isTrue();
        assertThat(outbox.check(limit)).as("once").isFalse();
    }

    @Test
    void anAdditionFindsTheSoftLimitTooLongExceeded() {
        var limit = new OutputLimit(0, 10, 3);
        outbox.add(ofSize(10), limit);
        now.addAndGet(TimeUnit.SECONDS.toNanos(3) + 1);
        assertThat(outbox.add(ofSize(1), limit)).isTrue();
        assertThat(outbox.isOverflown()).isTrue();
    }

    @Test
    void theTimeBeginsAnewWhenTheClientHasCaughtUp() throws IOException {
        var limit = new OutputLimit(0, 10, 3);
        outbox.add(ofSize(10), limit);
        now.addAndGet(TimeUnit.SECONDS.toNanos(2));
        outbox.drain();
        assertThat(outbox.check(limit)).isFalse();
        outbox.add(ofSize(10), limit);
        now.addAndGet(TimeUnit.SECONDS.toNanos(2));
        assertThat(outbox.check(limit)).isFalse();
        now.addAndGet(TimeUnit.SECONDS.toNanos(2));
        assertThat(outbox.check(limit)).isTrue();
    }

    @Test
    void aLimitThatIsLoweredHoldsAtOnce() {
        outbox.add(ofSize(100), OutputLimit.NONE);
        assertThat(outbox.check(OutputLimit.NONE)).isFalse();
        assertThat(outbox.check(new OutputLimit(100, 0, 0))).isTrue();
    }

    // ---- the writer ----

    @Test
    void theWriterWritesWhatItIsWokenFor() throws Exception {
        outbox.startWriter("writer");
        if (add("a")) outbox.wake();
        awaitReceived("a");
        if (add("b")) outbox.wake();
        awaitReceived("ab");
    }

    /// Two threads add and drain, as sessions do, and a third one adds and wakes the writer, as a publisher does.
    @RepeatedTest(50)
    void nothingIsLostOrTornBetweenTheWriterAndASession() throws Exception {
        int count = 500;
        outbox.startWriter("writer");
        var publisher = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < count; i++) {
                if (add("<p%03d>".formatted(i))) outbox.wake();
            }
        });
        for (int i = 0; i < count; i++) {
            add("<s%03d>".formatted(i));
            outbox.drain();
            if (i % 3 == 0) outbox.flush();
        }
        outbox.flush();
        publisher.join();
        Eventually.becomesTrue("all arrives", () -> connection.received().length() == 2 * count * "<p000>".length());
        assertThat(connection.received()).matches("(<[ps]\\d{3}>)*");
        assertThat(connection.received().replaceAll("<p\\d+>", "")).isEqualTo(numbered("s", count));
        assertThat(connection.received().replaceAll("<s\\d+>", "")).isEqualTo(numbered("p", count));
        assertThat(outbox.bytes()).isZero();
    }

    private static String numbered(String name, int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) text.append("<%s%03d>".formatted(name, i));
        return text.toString();
    }

    @Test
    void addingDoesNotWaitForAWriterThatDoes() throws Exception {
        connection.stopReading();
        outbox.startWriter("writer");
        if (add("a")) outbox.wake();
        connection.writing.await();
        for (int i = 0; i < 1_000; i++) {
            if (add("b")) outbox.wake();
        }
        assertThat(outbox.length()).isEqualTo(1_000);
        connection.readOn();
        awaitReceived("a" + "b".repeat(1_000));
        assertThat(connection.writes).as("all of them at once").hasValue(2);
    }

    /// The session of a client that listens to channels goes on with the next requests, though nobody reads the replies.
    @Test
    void whoHasAWriterDoesNotWrite() throws Exception {
        connection.stopReading();
        outbox.startWriter("writer");
        for (int i = 0; i < 10; i++) {
            outbox.add(ofSize(20_000), OutputLimit.NONE); // larger than the buffer of RespWriter
            outbox.drain();
            outbox.flush();
        }
        assertThat(outbox.bytes()).isEqualTo(200_000);
        connection.readOn();
        awaitReceived("x".repeat(200_000));
    }

    @Test
    void aWriterThatEndsHasWrittenAll() throws IOException {
        for (int i = 0; i < 100; i++) {
            outbox.startWriter("writer " + i);
            if (add("w")) outbox.wake();
            outbox.endWriter();
            assertThat(connection.received()).hasSize(2 * i + 1);
            add("s"); // the session writes again
            outbox.drain();
            outbox.flush();
            assertThat(connection.received()).hasSize(2 * i + 2);
        }
        assertThat(connection.received()).isEqualTo("ws".repeat(100));
    }

    @Test
    void aWriterThatEndsWaitsForTheClient() throws Exception {
        connection.stopReading();
        outbox.startWriter("writer");
        if (add("a")) outbox.wake();
        connection.writing.await();
        add("b");
        var ending = Thread.ofVirtual().start(outbox::endWriter);
        assertThat(ending.isAlive()).isTrue();
        connection.readOn();
        ending.join();
        assertThat(connection.received()).isEqualTo("ab");
    }

    @Test
    void aConnectionThatIsClosedEndsAWriterThatWaitsForTheClient() throws Exception {
        connection.stopReading();
        outbox.startWriter("writer");
        if (add("a")) outbox.wake();
        connection.writing.await();
        connection.close();
        outbox.endWriter(); // returns
        assertThat(connection.received()).isEmpty();
    }

    @RepeatedTest(50)
    void aPublisherMayWakeAWriterThatHasEnded() {
        outbox.startWriter("writer");
        if (add("a")) outbox.wake();
        connection.close();
        outbox.endWriter(); // returns
        if (add("b")) outbox.wake();
        outbox.endWriter(); // there is none
    }

    @Test
    void aWriterThatCannotWriteClosesTheConnection() throws Exception {
        var failing = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("broken pipe");
            }
        };
        var broken = new Outbox(new RespWriter(failing), connection);
        broken.add(output("a"), OutputLimit.NONE);
        broken.startWriter("writer");
        assertThat(connection.closed.await(10, TimeUnit.SECONDS)).isTrue();
        broken.endWriter();
        assertThatThrownBy(broken::flush).isInstanceOf(IOException.class);
    }
}
