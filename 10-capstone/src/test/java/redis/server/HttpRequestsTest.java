package redis.server;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

class HttpRequestsTest {

    private final AtomicLong now = new AtomicLong();
    private final HttpRequests http = new HttpRequests(now::get);

    private boolean recognize(String word) {
        return http.recognize(ByteString.of(word), "/10.1.2.3:4567");
    }

    @Test
    void recognizesTheFirstWords() {
        try (var _ = new RecordedLog()) {
            assertThat(recognize("POST")).isTrue();
            assertThat(recognize("post")).isTrue();
            assertThat(recognize("Host:")).isTrue();
            assertThat(recognize("GET")).isFalse();
            assertThat(recognize("POSTS")).isFalse();
            assertThat(recognize("Host")).isFalse();
        }
    }

    @Test
    void warnsOnceAMinute() {
        try (var log = new RecordedLog()) {
            recognize("GET");
            assertThat(log.messages()).isEmpty();
            recognize("POST");
            recognize("POST");
            now.addAndGet(TimeUnit.SECONDS.toNanos(60));
            recognize("POST");
            assertThat(log.messages()).singleElement().asString().startsWith("Possible SECURITY ATTACK detected").contains("/10.1.2.3:4567", "Connection aborted.");
            now.addAndGet(1);
            recognize("POST");
            assertThat(log.messages()).hasSize(2);
        }
    }
}
