package redis.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import redis.resp.Resp;
import redis.resp.RespClient;

/// Has a server save one snapshot after another, on a thread of its own.
final class Saves implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int POLL_MILLIS = 10;

    private final RespClient client;
    private final Thread thread;

    private volatile boolean isOver;
    private volatile int completed; // written by the thread alone
    private volatile IOException failure;

    private Saves(RespClient client) {
        this.client = client;
        this.thread = Thread.ofVirtual().name("saves").unstarted(this::run);
    }

    /// Returns when the first snapshot has begun.
    static Saves start(InetSocketAddress server) throws IOException {
        var client = RespClient.connect(server, TIMEOUT);
        try {
            var saves = new Saves(client);
            saves.begin();
            saves.thread.start();
            return saves;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private void begin() throws IOException {
        if (client.call("BGSAVE") instanceof Resp.SimpleError(var message)) throw new LoadException("BGSAVE: " + message);
    }

    private void run() {
        try {
            while (true) {
                while (!ServerFacts.field(client, "persistence", "rdb_bgsave_in_progress").equals("0")) TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                var status = ServerFacts.field(client, "persistence", "rdb_last_bgsave_status");
                if (!status.equals("ok")) throw new LoadException("BGSAVE failed: rdb_last_bgsave_status is " + status);
                completed++;
                if (isOver) return;
                begin();
            }
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException e) {
            failure = new IOException(e);
        }
    }

    /// Starts no more of them, and waits for the last one to end, so that it does not weigh on what comes next.
    ///
    /// @return how many there were
    /// @throws IOException if one failed
    int end() throws IOException, InterruptedException {
        isOver = true;
        thread.join();
        if (failure != null) throw failure;
        return completed;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
