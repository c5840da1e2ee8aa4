package redis.server;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// Which histories a server has in common with others, and up to where.
class ReplicationHistoryTest {

    private static final String NONE = "0".repeat(40);
    private static final String MASTERS = "a".repeat(40);
    private static final String NEW = "b".repeat(40);

    private final ReplicationStream stream = new ReplicationStream();
    private final ReplicationHistory history = new ReplicationHistory(stream);

    private void relay(int bytes) {
        stream.relay(new byte[bytes], 0, bytes);
        stream.offset();
    }

    private static String infoOf(ReplicationHistory history) {
        return history.info().toString();
    }

    @Test
    void anIdIsFortyRandomHexDigits() {
        var ids = Stream.generate(ReplicationHistory::randomId).limit(100).toList();
        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("[0-9a-f]{40}"));
        assertThat(history.id()).matches("[0-9a-f]{40}");
    }

    @Test
    void aNewHistoryIsKnownToNobody() {
        assertThat(history.isKnown()).isFalse();
        assertThat(history.fields()).isEmpty();
        assertThat(infoOf(history)).isEqualTo("{master_replid=%s, master_replid2=%s, master_repl_offset=0, second_repl_offset=-1}"
                .formatted(history.id(), NONE));
        var before = history.id();
        history.becomesKnown();
        assertThat(history.isKnown()).isTrue();
        history.begin();
        assertThat(history.isKnown()).isFalse();
        assertThat(history.id()).isNotEqualTo(before);
    }

    @Test
    void includesItsOwnIdInAnyCaseAndNoOther() {
        history.replaceBy(MASTERS, 100);
        assertThat(history.includes(MASTERS, 101)).isTrue();
        assertThat(history.includes(MASTERS.toUpperCase(), 1_000_000)).isTrue(); // the stream says whether it reaches so far
        assertThat(history.includes(NEW, 1)).isFalse();
        assertThat(history.includes("?", -1)).isFalse();
        assertThat(history.includes("", 0)).isFalse();
        assertThat(history.includes(NONE, -1)).isTrue(); // from before any byte that there is: no stream reaches back there
        assertThat(history.includes(NONE, 0)).isFalse();
    }

    @Test
    void takesOverAMastersHistoryWithItsOffset() {
        history.continueAs(NEW);
        history.replaceBy(MASTERS, 100);
        assertThat(history.id()).isEqualTo(MASTERS);
        assertThat(history.isKnown()).isTrue();
        assertThat(stream.isOpen()).isTrue();
        assertThat(stream.offset()).isEqualTo(100);
        stream.append(List.of(ByteString.of("PING"))); // the stream is the master's
        assertThat(stream.offset()).isEqualTo(100);
        assertThat(infoOf(history)).isEqualTo("{master_replid=%s, master_replid2=%s, master_repl_offset=100, second_repl_offset=-1}"
                .formatted(MASTERS, NONE));
    }

    @Test
    void goesOnUnderAnotherIdAndRemembersTheOneBeforeUpToThere() {
        history.replaceBy(MASTERS, 100);
        relay(50);
        history.continueAs(NEW);
        relay(50);
        assertThat(infoOf(history)).isEqualTo("{master_replid=%s, master_replid2=%s, master_repl_offset=200, second_repl_offset=151}"
                .formatted(NEW, MASTERS));
        assertThat(history.includes(NEW, 201)).isTrue();
        assertThat(history.includes(MASTERS, 150)).isTrue();
        assertThat(history.includes(MASTERS, 151)).isTrue(); // it has 150 bytes and wants the next: the first that is not the master's
        assertThat(history.includes(MASTERS, 152)).isFalse(); // it has a byte of the master's that is not here
        assertThat(history.includes(MASTERS.toUpperCase(), 151)).isTrue();
    }

    @Test
    void remembersOneHistoryBeforeItsOwn() {
        history.replaceBy(MASTERS, 100);
        history.continueAs(NEW);
        relay(10);
        history.continueAs("c".repeat(40));
        assertThat(history.includes(NEW, 111)).isTrue();
        assertThat(history.includes(MASTERS, 50)).isFalse();
    }

    @Test
    void tellsASnapshotWhereItIs() {
        stream.open(0, false);
        stream.append(List.of(ByteString.of("FLUSHALL"))); // 18 bytes, and 23 for SELECT
        assertThat(history.fields()).containsExactlyInAnyOrderEntriesOf(
                Map.of("repl-stream-db", "0", "repl-id", history.id(), "repl-offset", "41"));
        stream.close();
        assertThat(history.fields()).isEmpty();
    }

    @Test
    void comesBackFromASnapshot() {
        history.restore(MASTERS, 100);
        assertThat(history.isKnown()).isTrue();
        assertThat(history.id()).isEqualTo(MASTERS);
        assertThat(stream.offset()).isEqualTo(100);
        assertThat(stream.first()).isEqualTo(100);
        stream.append(List.of(ByteString.of("FLUSHALL"))); // the stream is its own
        assertThat(stream.offset()).isEqualTo(141);
    }
}
