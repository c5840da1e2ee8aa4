package redis.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/// What INFO tells of the process: who it is, for how long it has been there, and how much of the processor it has taken. Fields about a C program, such
/// as its compiler, are left out.
final class ProcessInfo {

    private static final Path STAT = Path.of("/proc/self/stat");
    private static final double TICKS_A_SECOND = 100; // of the times in there; on Linux always

    private final InstantSource clock;
    private final Instant created;

    /// Another one for each process: by it Sentinel knows a server that has been started anew.
    private final String runId = ReplicationHistory.randomId();

    ProcessInfo(InstantSource clock) {
        this.clock = clock;
        created = clock.instant();
    }

    /// @param port that it listens on
    Map<String, Object> server(int port) {
        var now = clock.instant();
        long uptime = Duration.between(created, now).toSeconds();
        var process = ProcessHandle.current();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("redis_version", ServerInfo.REDIS_VERSION);
        fields.put("redis_git_sha1", "00000000"); // as of any Redis that was not built from its repository
        fields.put("redis_git_dirty", 0);
        fields.put("redis_mode", "standalone");
        fields.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        fields.put("arch_bits", System.getProperty("sun.arch.data.model"));
        fields.put("java_version", Runtime.version());
        fields.put("process_id", process.pid());
        fields.put("process_supervised", "no");
        fields.put("run_id", runId);
        fields.put("tcp_port", port);
        fields.put("server_time_usec", ChronoUnit.MICROS.between(Instant.EPOCH, now));
        fields.put("uptime_in_seconds", uptime);
        fields.put("uptime_in_days", uptime / Duration.ofDays(1).toSeconds());
        fields.put("hz", 10); // of what is done again and again
        process.info().command().ifPresent(executable -> fields.put("executable", executable));
        fields.put("io_threads_active", 0); // Redis's helpers of its one thread
        return fields;
    }

    /// In seconds. Where the system does not say which part of it was spent in the kernel, all counts as the program's own.
    Map<String, ?> cpu() {
        var fields = new LinkedHashMap<String, Object>();
        try {
            var stat = Files.readString(STAT);
            var times = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // what comes before is a name, with who knows what in it
            fields.put("used_cpu_sys", seconds(times[12]));
            fields.put("used_cpu_user", seconds(times[11]));
            fields.put("used_cpu_sys_children", seconds(times[14]));
            fields.put("used_cpu_user_children", seconds(times[13]));
        } catch (IOException e) {
            ProcessHandle.current().info().totalCpuDuration()
                    .ifPresent(time -> fields.put("used_cpu_user", ServerInfo.decimal(time.toNanos() / 1e9, 6)));
        }
        return fields;
    }

    private static String seconds(String ticks) {
        return ServerInfo.decimal(Long.parseLong(ticks) / TICKS_A_SECOND, 6);
    }
}
