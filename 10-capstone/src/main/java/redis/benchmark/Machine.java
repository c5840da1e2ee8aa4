package redis.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the numbers were measured on.
record Machine(String system, String processor, int cores, long memoryBytes, String java) {

    static Machine current() {
        var bean = ManagementFactory.getOperatingSystemMXBean();
        long memory = bean instanceof com.sun.management.OperatingSystemMXBean known ? known.getTotalMemorySize() : 0;
        return new Machine(bean.getName() + " " + bean.getVersion() + " " + bean.getArch(), processorName(), bean.getAvailableProcessors(), memory,
                Runtime.version() + ", " + System.getProperty("java.vm.name"));
    }

    /// Empty where it is not known.
    private static String processorName() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("");
        } catch (IOException e) {
            return ""; // it is Linux's file
        }
    }

    @Override
    public String toString() {
        return "%d cores%s, %.0f GiB of memory, %s".formatted(cores, processor.isEmpty() ? "" : " of " + processor, memoryBytes / (double) (1L << 30), system);
    }
}
