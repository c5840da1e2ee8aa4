package redis.server;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/// INFO keyspace tells how long keys with a deadline live on, on average, in milliseconds.
@Tag("exercise")
class Exercise1AverageTtlTest extends AcceptanceTest {

    private long averageTtl() throws IOException {
        return Long.parseLong(redis.call("INFO", "keyspace").text().replaceFirst("(?s).*avg_ttl=([0-9]+).*", "$1"));
    }

    @Test
    void theAverageOfWhatIsLeft() throws IOException {
        redis.call("SET", "forever", "v").isOk();
        assertThat(averageTtl()).isZero();
        redis.call("SET", "a", "v", "EX", "1000").isOk();
        redis.call("SET", "b", "v", "EX", "3000").isOk();
        assertThat(averageTtl()).isBetween(1_990_000L, 2_000_000L);
        redis.call("PERSIST", "b").is(1);
        assertThat(averageTtl()).isBetween(990_000L, 1_000_000L);
        redis.call("DEL", "a").is(1);
        assertThat(averageTtl()).isZero();
    }
}
