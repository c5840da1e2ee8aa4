package redis.server;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.resp.ByteString;

import static org.assertj.core.api.Assertions.assertThat;

/// The log by itself. Only a test that says so starts the thread that writes and forces in the background.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AppendOnlyFileTest {

    private static final int THREADS = 8;
    private static final int COMMANDS = 300; // of each thread

    @TempDir
    Path directory;

    private final ServerConfig config = ServerConfig.parse();
    private final AppendOnlyFile log = new AppendOnlyFile(config, () -> {});
    private final ReentrantLock storeLock = new ReentrantLock();

    private Path begin(String name) throws IOException {
        var file = Files.createFile(directory.resolve(name));
        log.continueIn(new AofSegment(file));
        return file;
    }

    private static List<ByteString> words(String command) {
        return Stream.of(command.split(" ")).map(ByteString::of).toList();
    }

    private long append(String command) {
        log.append(words(command));
        return log.offset();
    }

    @Test
    void whatIsAppendedIsInTheFileWhenItIsCommitted() throws Exception {
        var file = begin("1");
        long offset = append("SET a 1");
        append("SET b 2");
        assertThat(file).isEmptyFile();
        assertThat(log.buffered()).isPositive();
        log.commit(offset);
        assertThat(AofFiles.records(file, 0)).startsWith("SELECT 0", "SET a 1");
        log.commit(log.offset());
        assertThat(AofFiles.records(file, 0)).containsExactly("SELECT 0", "SET a 1", "SET b 2");
        assertThat(log.buffered()).isZero();
        assertThat(log.written()).isEqualTo(Files.size(file)).isEqualTo(log.offset());
    }

    @Test
    void aFileIsContinuedAtItsEnd() throws Exception {
        var file = Files.writeString(directory.resolve("1"), AofFiles.commands("SET a 1"));
        log.continueIn(new AofSegment(file));
        log.commit(append("SET b 2"));
        assertThat(AofFiles.records(file, 0)).containsExactly("SET a 1", "SELECT 0", "SET b 2");
    }

    @Test
    void nothingIsLoggedBeforeThereIsAFileOrAfterTheLogHasEnded() throws Exception {
        log.commit(append("SET a 1"));
        var file = begin("1");
        append("SET b 2");
        log.stopLogging();
        log.commit(append("SET c 3"));
        assertThat(AofFiles.records(file, 0)).containsExactly("SELECT 0", "SET b 2");
        var next = begin("2");
        log.commit(append("SET d 4"));
        assertThat(AofFiles.records(next, 0)).containsExactly("SELECT 0", "SET d 4");
    }

    @Test
    void theNextFileGetsWhatIsAppendedFromNowOn() throws Exception {
        var first = begin("1");
        append("SET a 1");
        var second = begin("2");
        long offset = append("SET b 2");
        var third = begin("3");
        log.commit(offset);
        assertThat(AofFiles.records(first, 0)).containsExactly("SELECT 0", "SET a 1");
        assertThat(AofFiles.records(second, 0)).containsExactly("SELECT 0", "SET b 2");
        assertThat(third).isEmptyFile();
    }

    @Test
    void whatNobodyHasHandedOverYetGoesToTheFileOfItsTime() throws Exception {
        var first = begin("1");
        log.append(words("SET a 1"));
        var second = begin("2");
        log.append(words("SET b 2"));
        log.stopLogging();
        assertThat(AofFiles.records(first, 0)).containsExactly("SELECT 0", "SET a 1");
        assertThat(AofFiles.records(second, 0)).containsExactly("SELECT 0", "SET b 2");
    }

    @Test
    void commandsMayBeLargerThanAnyBuffer() throws Exception {
        var file = begin("1");
        var large = "x".repeat(5_000_000);
        for (int i = 0; i < 3; i++) log.commit(append("SET k " + large + i));
        log.commit(append("SET k small"));
        assertThat(AofFiles.records(file, 0)).containsExactly("SELECT 0", "SET k " + large + 0, "SET k " + large + 1, "SET k " + large + 2, "SET k small");
    }

    @Test
    void alwaysForcesBeforeItReturns() throws Exception {
        config.appendFsync.set("always");
        begin("1");
        long offset = append("SET a 1");
        log.commit(offset);
        assertThat(forced()).isEqualTo(offset);

        config.appendFsync.set("everysec");
        long later = append("SET b 2");
        log.commit(later);
        assertThat(forced()).isEqualTo(offset);

        config.appendFsync.set("always");
        log.commit(later);
        assertThat(forced()).as("what was written under another policy is forced as well").isEqualTo(later);
    }

    @Test
    void aFileIsForcedBeforeTheNextOneGetsAnything() throws Exception {
        config.appendFsync.set("no");
        begin("1");
        long offset = append("SET a 1");
        begin("2");
        log.commit(append("SET b 2"));
        assertThat(forced()).isEqualTo(offset);
    }

    @Test
    void theBackgroundThreadWritesAndForcesEverySecond() throws Exception {
        var file = begin("1");
        log.start();
        long offset = append("SET a 1");
        Eventually.becomesTrue("it is written", () -> Files.size(file) == offset);
        Eventually.becomesTrue("it is forced", () -> forced() == offset);
        log.close();
    }

    @Test
    void closingWritesAndForcesWhatIsLeft() throws Exception {
        var file = begin("1");
        log.start();
        append("SET a 1");
        log.close();
        assertThat(AofFiles.records(file, 0)).containsExactly("SELECT 0", "SET a 1");
        assertThat(forced()).isEqualTo(log.written());
    }

    /// An fsync that failed is tried again, although nobody asks for one now.
    @Test
    void aFailedForceHealsUnderEveryPolicy() throws Exception {
        config.appendFsync.set("no");
        begin("1");
        field("forceError").set(log, new IOException("simulated"));
        append("SET a 1");
        log.start();
        Eventually.becomesTrue("the error is gone", () -> log.error() == null);
        log.close();
    }

    /// How far the log has been forced. It tells nobody; a test may look.
    private long forced() throws ReflectiveOperationException {
        return field("forced").getLong(log);
    }

    private static Field field(String name) throws ReflectiveOperationException {
        var field = AppendOnlyFile.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    // ---- many at once ----

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void theOrderInTheFileIsThatOfAppending(FsyncPolicy policy) throws Exception {
        config.appendFsync.set(policy.name());
        var file = begin("1");
        var order = new ArrayList<String>(List.of("SELECT 0"));
        log.start();
        atOnce(THREADS, thread -> {
            for (int i = 0; i < COMMANDS; i++) {
                long offset = appendInOrder("SET " + thread + " " + i, order);
                log.commit(offset);
                assertThat(Files.size(file)).as("%d bytes are written when commit returns", offset).isGreaterThanOrEqualTo(offset);
                if (policy == FsyncPolicy.ALWAYS) assertThat(forced()).isGreaterThanOrEqualTo(offset);
            }
        });
        log.close();
        assertThat(AofFiles.records(file, 0)).isEqualTo(order);
    }

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void theOrderHoldsAcrossFiles(FsyncPolicy policy) throws Exception {
        config.appendFsync.set(policy.name());
        var files = new ArrayList<>(List.of(begin("0")));
        var order = new ArrayList<String>();
        log.start();
        atOnce(THREADS, thread -> {
            for (int i = 0; i < COMMANDS; i++) {
                long offset = appendInOrder("SET " + thread + " " + i, order);
                if (i % 30 == 0) {
                    storeLock.lock();
                    try {
                        files.add(begin(thread + "-" + i));
                    } finally {
                        storeLock.unlock();
                    }
                }
                log.commit(offset);
            }
        });
        log.close();
        var records = new ArrayList<String>();
        for (var file : files) records.addAll(AofFiles.records(file, 0));
        records.removeIf(record -> record.equals("SELECT 0"));
        assertThat(records).isEqualTo(order);
    }

    @Test
    void thePolicyMayChangeAtAnyMoment() throws Exception {
        begin("1");
        log.start();
        atOnce(THREADS, thread -> {
            for (int i = 0; i < COMMANDS; i++) {
                if (thread == 0) config.appendFsync.set(FsyncPolicy.values()[i % 3].name());
                else log.commit(appendInOrder("SET " + thread + " " + i, new ArrayList<>()));
            }
        });
        log.close();
    }

    private long appendInOrder(String command, List<String> order) {
        storeLock.lock();
        try {
            order.add(command);
            return append(command);
        } finally {
            storeLock.unlock();
        }
    }

    @FunctionalInterface
    private interface Work {
        void of(int thread) throws Exception;
    }

    private static void atOnce(int threads, Work work) throws Exception {
        var start = new CountDownLatch(1);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                tasks.add(() -> {
                    start.await();
                    work.of(thread);
                    return null;
                });
            }
            var running = tasks.stream().map(executor::submit).toList();
            start.countDown();
            for (var task : running) task.get();
        }
    }
}
