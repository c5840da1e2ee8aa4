package redis.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the numbers were measured on.
///
/// @param load how many threads of all programs wanted to run in the last minute, on average; negative if that is not known
record Machine(String system, String processor, int cores, long memoryBytes, double load, String java) {

    static Machine current() {
        var bean = ManagementFactory.getOperatingSystemMXBean();
        long memory = bean instanceof com.sun.management.OperatingSystemMXBean known ? known.getTotalMemorySize() : 0;
        return new Machine(bean.getName() + " " + bean.getVersion() + " " + bean.getArch(), processorName(), bean.getAvailableProcessors(), memory,
                bean.getSystemLoadAverage(), Runtime.version() + ", " + System.getProperty("java.vm.name"));
    }

    /// Empty where it is not known.
    private static String processorName() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("");
        } catch (IOException e) {
            return ""; // it is Linux's file
        }
    }

    /// Whether other programs take so much of it that the numbers suffer.
    boolean isBusy() {
        return load > 0.25 * cores;
    }

    @Override
    public String toString() {
        return "%d cores%s, %.0f GiB of memory, %s".formatted(cores, processor.isEmpty() ? "" : " of " + processor, memoryBytes / (double) (1L << 30), system);
    }
}
