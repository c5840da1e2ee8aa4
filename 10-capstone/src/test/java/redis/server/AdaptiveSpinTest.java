package redis.server;

import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class AdaptiveSpinTest {

    private final Store store = new Store(InstantSource.system());
    private long nanos;
    private int asked; // how often it was asked whether there is something to read
    private int arrivesAfter = Integer.MAX_VALUE; // so many times
    private boolean othersAreBusy;

    private final AdaptiveSpin spin = new AdaptiveSpin(store, new Input(), () -> nanos);

    private final class Input extends InputStream {

        @Override
        public int available() {
            asked++;
            nanos += AdaptiveSpin.LONGEST_NANOS / 10;
            if (othersAreBusy) {
                store.lock();
                store.unlock();
            }
            return asked > arrivesAfter ? 1 : 0;
        }

        @Override
        public int read() {
            throw new AssertionError("it only looks");
        }
    }

    private int await() throws IOException {
        asked = 0;
        spin.await();
        return asked;
    }

    @Test
    void itEndsWhenSomethingArrives() throws IOException {
        arrivesAfter = 3;
        assertThat(await()).isEqualTo(4);
        assertThat(await()).as("it was worth it").isEqualTo(4);
    }

    @Test
    void itEndsAfterSomeMicroseconds() throws IOException {
        assertThat(await()).isEqualTo(10);
    }

    @Test
    void itEndsWhenSomebodyElseIsServed() throws IOException {
        othersAreBusy = true;
        assertThat(await()).isEqualTo(1);
    }

    @Test
    void whereItIsInVainItIsLeftAloneForLongerAndLonger() throws IOException {
        for (int rest = 1; rest <= AdaptiveSpin.LONGEST_BREAK; rest *= 2) {
            assertThat(await()).isPositive();
            for (int i = 0; i < rest; i++) assertThat(await()).as("wait %d of %d", i, rest).isZero();
        }
        assertThat(await()).isPositive();
        for (int i = 0; i < AdaptiveSpin.LONGEST_BREAK; i++) assertThat(await()).isZero();
        assertThat(await()).as("never for longer").isPositive();
    }

    @Test
    void onceItWasWorthItItIsTriedAgain() throws IOException {
        await();
        await();
        await(); // in vain for the second time
        await();
        await();
        arrivesAfter = 3;
        assertThat(await()).isEqualTo(4);
        assertThat(await()).isEqualTo(4);
        arrivesAfter = Integer.MAX_VALUE;
        await();
        assertThat(await()).as("in vain for the first time again").isZero();
        assertThat(await()).isPositive();
    }

    @Test
    void aConnectionThatIsClosedIsSaidToBe() {
        var closed = new AdaptiveSpin(store, new InputStream() {
            @Override
            public int available() throws IOException {
                throw new IOException("closed");
            }

            @Override
            public int read() {
                return -1;
            }
        }, () -> nanos);
        assertThatThrownBy(closed::await).isInstanceOf(IOException.class).hasMessage("closed");
    }
}
