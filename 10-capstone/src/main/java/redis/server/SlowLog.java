package redis.server;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.resp.ByteString;

/// The last commands that took long, in memory: SLOWLOG. What counts is how long everybody else had to wait, without the way to the client and back.
///
/// For the thread that holds the store's lock.
final class SlowLog {

    private static final int MAX_ARGUMENTS = 32;
    private static final int MAX_LENGTH = 128; // of an argument, in bytes
    private static final ByteString REDACTED = ByteString.of("(redacted)");

    /// A command that took long.
    ///
    /// @param time when it had been carried out, in seconds since 1970
    /// @param micros how long it took
    /// @param request as it was sent, shortened
    /// @param address of the client; empty: the master
    record Entry(long id, long time, long micros, List<ByteString> request, String address, ByteString name) {}

    private final ServerConfig config;
    private final InstantSource clock;
    private final Deque<Entry> entries = new ArrayDeque<>(); // the last one first
    private long nextId;
    private long threshold; // nanoseconds

    SlowLog(ServerConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        threshold(config.slowlogLogSlowerThan.get());
        config.slowlogLogSlowerThan.onChange(this::threshold);
    }

    /// @param micros -1: nothing is slow
    private void threshold(long micros) {
        threshold = micros < 0 ? Long.MAX_VALUE : TimeUnit.MICROSECONDS.toNanos(micros);
    }

    /// Takes note of a command if it took long. Asked after each one, so it is no more than one comparison for most.
    ///
    /// @param client null: the master
    void consider(Command command, ClientSession client, List<ByteString> request, long nanos) {
        if (nanos >= threshold && !command.flags().contains(Command.Flag.SKIP_SLOWLOG)) add(command, client, request, nanos);
    }

    private void add(Command command, ClientSession client, List<ByteString> request, long nanos) {
        var address = client == null ? "" : client.address();
        var name = client == null ? ByteString.EMPTY : client.name();
        entries.addFirst(new Entry(nextId++, clock.millis() / 1000, TimeUnit.NANOSECONDS.toMicros(nanos), shorten(redact(command, request)), address, name));
        while (entries.size() > config.slowlogMaxLen.get()) entries.removeLast();
    }

    /// Passwords are nobody's business.
    private List<ByteString> redact(Command command, List<ByteString> request) {
        var words = new ArrayList<>(request);
        switch (command.name()) {
            case "auth" -> redact(words, 1, words.size());
            case "hello" -> {
                for (int i = 2; i < words.size(); i++) {
                    if (request.get(i).equalsIgnoreCase("auth")) redact(words, i + 1, i + 3);
                }
            }
            case "config|set" -> {
                for (int i = 2; i < words.size(); i += 2) {
                    if (config.isSecret(request.get(i).toLatin1())) redact(words, i + 1, i + 2);
                }
            }
            default -> {}
        }
        return words;
    }

    private static void redact(List<ByteString> words, int from, int to) {
        for (int i = from; i < Math.min(to, words.size()); i++) words.set(i, REDACTED);
    }

    private static List<ByteString> shorten(List<ByteString> request) {
        boolean tooMany = request.size() > MAX_ARGUMENTS;
        var words = new ArrayList<ByteString>();
        for (var word : request.subList(0, tooMany ? MAX_ARGUMENTS - 1 : request.size())) words.add(shorten(word));
        if (tooMany) words.add(ByteString.of("... (%d more arguments)".formatted(request.size() - words.size())));
        return words;
    }

    /// Only as much as is kept is copied: the rest may be long.
    private static ByteString shorten(ByteString word) {
        int more = word.length() - MAX_LENGTH;
        return more <= 0 ? word : word.substring(0, MAX_LENGTH).concat(ByteString.of("... (%d more bytes)".formatted(more)));
    }

    /// @param count how many at the most
    /// @return the last one first
    List<Entry> last(long count) {
        return entries.stream().limit(count).toList();
    }

    int size() {
        return entries.size();
    }

    void clear() {
        entries.clear();
    }
}
