package redis.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How a server of our own is started.
///
/// @param name for people
/// @param command without the server's options
record Launch(String name, List<String> command) {

    /// The class to start, with a `main` that takes Redis's options.
    private static final String MAIN = "redis.server.Main";

    /// What Debian and macOS call it, for who has none.
    static final String HOW_TO_GET_REDIS = "Debian: apt-get install redis-server; macOS: brew install redis";

    /// Our server: on the java of this process, with its class path, and with the options that tools/run uses too.
    static Launch ours() {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        jvmOptions().ifPresent(file -> command.add("@" + file));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        return new Launch("ours", command);
    }

    /// tools/jvm.options of the project that this class was built in; empty if it has gone elsewhere.
    static Optional<Path> jvmOptions() {
        var here = Path.of(Launch.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        for (var directory = here; directory != null; directory = directory.getParent()) {
            var file = directory.resolve("tools/jvm.options");
            if (Files.isRegularFile(file)) return Optional.of(file);
        }
        return Optional.empty();
    }

    /// The real one; empty if it is not installed.
    static Optional<Launch> redis() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":")).map(directory -> Path.of(directory, "redis-server"))
                .filter(Files::isExecutable).findFirst().map(program -> new Launch("Redis", List.of(program.toString())));
    }
}
