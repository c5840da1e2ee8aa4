package redis.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// What a snapshot tells of the history that it comes from.
class RdbLoaderTest {

    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final byte[] ENTRY_OVER = RdbContent.bytes(0xfc, RdbContent.littleEndian(1_000, 8), 0, 1, "a", 1, "x");
    private static final byte[] ENTRY = RdbContent.bytes(0, 1, "b", 1, "y");

    private final Store store = new Store(InstantSource.system());
    private final Store.Contents contents = store.emptyContents();
    private final ReplicationStream stream = new ReplicationStream();
    private final ReplicationHistory history = new ReplicationHistory(stream);

    private static byte[] aux(String name, String value) {
        return RdbContent.bytes(0xfa, name.length(), name, value.length(), value);
    }

    private RdbLoader load(long now, Object... parts) throws IOException {
        var file = RdbContent.file(parts);
        var loader = new RdbLoader(contents, Path.of("dump.rdb"), new ByteArrayInputStream(file), true, now, new LoadProgress(file.length));
        loader.load();
        loader.restore(history);
        return loader;
    }

    private boolean has(String key) {
        return contents.values().find(ByteString.of(key)) != null;
    }

    @Test
    void restoresTheHistoryThatTheFileTellsOf() throws IOException {
        load(0, aux("redis-ver", "7.0.15"), aux("repl-stream-db", "0"), aux("repl-id", ID), aux("repl-offset", "1234"), ENTRY);
        assertThat(history.isKnown()).isTrue();
        assertThat(history.id()).isEqualTo(ID);
        assertThat(stream.isOpen()).isTrue();
        assertThat(stream.offset()).isEqualTo(1_234);
        assertThat(has("b")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
            ", 1234",                                            // no id
            "0123456789abcdef0123456789abcdef01234567,",         // no offset
            "0123456789abcdef0123456789abcdef0123456, 1234",     // a digit is missing
            "0123456789abcdef0123456789abcdef012345678, 1234",
            "0123456789abcdef0123456789abcdef0123456x, 1234",
            "?, -1",
            "0123456789abcdef0123456789abcdef01234567, -1",      // of a Redis that had no replicas
            "0123456789abcdef0123456789abcdef01234567, x",
            "0123456789abcdef0123456789abcdef01234567, 9999999999999999999"})
    void aHistoryThatIsNoneIsLeftOut(String id, String offset) throws IOException {
        var before = history.id();
        load(0, id == null ? ENTRY : RdbContent.bytes(aux("repl-id", id), ENTRY), offset == null ? new byte[0] : aux("repl-offset", offset));
        assertThat(history.isKnown()).isFalse();
        assertThat(history.id()).isEqualTo(before);
        assertThat(stream.isOpen()).isFalse();
        assertThat(has("b")).isTrue();
    }

    @Test
    void leavesOutWhatIsOverWhereNobodyHasTheSameHistory() throws IOException {
        var loader = load(2_000, ENTRY_OVER, ENTRY);
        assertThat(loader.loaded()).isEqualTo(1);
        assertThat(loader.expired()).isEqualTo(1);
        assertThat(has("a")).isFalse();
    }

    @Test
    void keepsWhatIsOverWhereOthersHaveIt() throws IOException {
        var loader = load(2_000, aux("repl-id", ID), aux("repl-offset", "1234"), ENTRY_OVER, ENTRY);
        assertThat(loader.loaded()).isEqualTo(2);
        assertThat(loader.expired()).isZero();
        assertThat(has("a")).isTrue();
        assertThat(contents.deadlines().find(ByteString.of("a")).millis).isEqualTo(1_000);
    }

    @Test
    void keepsEverythingOfAMastersSnapshot() throws IOException {
        assertThat(load(RdbLoader.KEEP_ALL, ENTRY_OVER, ENTRY).loaded()).isEqualTo(2);
    }
}
