package redis.server;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// How stars are tried out. What a pattern means is tested over TCP, with KEYS.
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GlobPatternTest {

    /// A regular expression goes back to every star. To go back to the latest is enough, and this is the proof.
    @Test
    void matchesWhatTheSameRegularExpressionDoes() {
        var random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            var glob = randomText(random, "ab?**", 10);
            var text = randomText(random, "ab", 12);
            var regex = Pattern.compile(glob.replace("?", ".").replace("*", ".*"));
            assertThat(matches(glob, text)).as("'%s' matches '%s'", glob, text).isEqualTo(regex.matcher(text).matches());
        }
    }

    private static String randomText(Random random, String letters, int maxLength) {
        var text = new StringBuilder();
        for (int length = random.nextInt(maxLength); length > 0; length--) text.append(letters.charAt(random.nextInt(letters.length())));
        return text.toString();
    }

    /// To go back to every star would take longer than the universe is old. It is one client's request that holds the lock.
    @Test
    void manyStarsTakeNoLongerThanPatternTimesText() {
        assertThat(matches("*a".repeat(50) + "b", "a".repeat(20_000))).isFalse();
    }

    private static boolean matches(String pattern, String text) {
        return new GlobPattern(ByteString.of(pattern)).matches(ByteString.of(text));
    }
}
