package redis.resp;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/// Measures how much memory a piece of code asks for, garbage included: the JVM counts it for each thread.
final class Allocation {

    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    interface Code {
        void run() throws IOException;
    }

    private Allocation() {}

    /// @return bytes allocated by this thread while the code ran
    static long during(Code code) throws IOException {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        code.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /// As [#during(Code)], for code that nobody has run before: the first of two runs pays for the classes it loads.
    static long inSecondRun(Code code) throws IOException {
        code.run();
        return during(code);
    }
}
