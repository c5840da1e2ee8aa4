package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// DEBUG SET-ACTIVE-EXPIRE 0|1: stops and starts active expiry, as Redis's own tests do.
@Tag("exercise")
class Exercise3SetActiveExpireTest extends AcceptanceTest {

    private static final int KEYS = 100;

    @Test
    void withoutActiveExpiryOnlyWhoAsksRemoves() throws IOException {
        redis.call("DEBUG", "SET-ACTIVE-EXPIRE", "0").isOk();
        for (int i = 0; i < KEYS; i++) redis.call("SET", "k" + i, "v", "PXAT", "1").isOk();
        // A key that ends later and is asked for: once it is gone, active expiry has had its chance ten times over.
        redis.call("SET", "later", "v", "PX", "1000").isOk();
        await("0", "EXISTS", "later");
        redis.call("DBSIZE").is(KEYS);
        redis.call("EXISTS", "k0").is(0);
        redis.call("DBSIZE").is(KEYS - 1);

        redis.call("debug", "set-active-expire", "1").isOk();
        await("0", "DBSIZE");
    }

    private void await(String expected, String... request) throws IOException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!redis.call(request).text().equals(expected)) {
            assertThat(System.nanoTime()).as("%s has not become %s", request[0], expected).isLessThan(deadline);
        }
    }
}
