package redis.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Runs the rows. In each of them the servers take turns, in short rounds: whatever else the machine does weighs on both.
final class Race {

    private static final double KEPT_UP = 0.97; // a round ends with its last reply, a little later than its time

    private final List<Contender> contenders;
    private final Options options;
    private final Progress progress;

    /// @param contenders one or two
    Race(List<Contender> contenders, Options options, Progress progress) {
        this.contenders = contenders;
        this.options = options;
        this.progress = progress;
    }

    /// @throws InterruptedException if the thread is interrupted; all that a row has opened is closed then
    List<Row> run(List<Workload> workloads) throws InterruptedException {
        var rows = new ArrayList<Row>();
        for (var workload : workloads) {
            progress.begin(workload, rows.size() + 1, workloads.size());
            var row = new Row(workload);
            try {
                run(row);
            } catch (Contender.Unsuitable e) {
                row.end(Row.State.SKIPPED, e.getMessage());
            } catch (IOException e) {
                row.end(Row.State.FAILED, e.getMessage());
            }
            rows.add(row);
            progress.end(row);
        }
        return rows;
    }

    private void run(Row row) throws IOException, InterruptedException, Contender.Unsuitable {
        var lanes = new ArrayList<Lane>();
        try {
            for (var contender : contenders) {
                progress.step("preparing " + contender.name);
                var lane = Lane.open(contender, row.workload, options);
                lanes.add(lane);
                row.series.add(lane.series);
            }
            if (!options.warmUp().isZero()) {
                for (var lane : lanes) lane.warmUp(progress.watch("warming up", lane.series));
            }
            for (int round = 1; round <= options.rounds(); round++) {
                // who comes second finds the machine as the first has left it, so they also take turns in that
                for (var lane : round % 2 == 1 ? lanes : lanes.reversed()) {
                    lane.round(progress.watch("round %d of %d".formatted(round, options.rounds()), lane.series));
                }
            }
            remark(row, lanes);
        } finally {
            for (var lane : lanes) lane.close();
        }
    }

    /// What the numbers alone do not tell.
    private void remark(Row row, List<Lane> lanes) {
        for (var lane : lanes) {
            if (lane.misses() > 0) row.notes.add("%s: %,d GETs found nothing, although every key had a value.".formatted(lane.series.server, lane.misses()));
            double wanted = row.workload.rate() * (row.workload.kind() == Workload.Kind.PUBLISH ? row.workload.clients() : 1);
            double reached = lane.series.value(Metric.THROUGHPUT);
            if (reached < KEPT_UP * wanted) {
                row.notes.add("%s did not keep up with the rate: %.0f %% of it.".formatted(lane.series.server, 100 * reached / wanted));
            }
            if (row.workload.setting() == Workload.Setting.SAVING) {
                int saves = lane.series.rounds.stream().mapToInt(Round::saves).sum();
                row.notes.add("%s: snapshots of %,d keys; completed: %d, rounds: %d.".formatted(lane.series.server, row.workload.keyspace(), saves,
                        lane.series.rounds.size()));
            }
        }
    }
}
