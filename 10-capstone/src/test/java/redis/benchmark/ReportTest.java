package redis.benchmark;

import java.io.StringReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/// What the results look like in text, HTML and JSON, for numbers that are known.
class ReportTest {

    private static final Options OPTIONS = Options.parse("--rounds", "3");

    @BeforeEach
    void writeNumbersAsTheProgramDoes() {
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    }

    @Test
    void aRowShowsTheMediansOfItsRoundsAndTheMedianOfTheirRatios() {
        var row = row("concurrent-get", new int[] {100, 300, 200}, new int[] {200, 200, 400});
        assertThat(row.series.get(0).value(Metric.THROUGHPUT)).isCloseTo(200, within(0.1));
        assertThat(row.series.get(1).value(Metric.THROUGHPUT)).isCloseTo(200, within(0.1));
        assertThat(row.ratio(Metric.THROUGHPUT)).as("of 0.5, 1.5 and 0.5").isCloseTo(0.5, within(0.01));
        assertThat(row.isBelowTarget()).isTrue();
        assertThat(Table.of(report(true, row))).containsPattern("(?m)^concurrent GET +ours +200 .*$\n^ +Redis +200 .*$\n^ +ratio +0\\.50x .*  << below target$")
                .contains("concurrent GET: Below its target, throughput at least 0.95x: 0.50x (rounds from 0.50x to 1.50x). "
                        + "A reply took 20.0 µs of CPU time in our server and 10.0 µs in Redis.");
    }

    @Test
    void percentilesAreThoseOfTheReplies() {
        var row = new Row(workload("concurrent-get"));
        var series = new Series("ours");
        var measurement = new Measurement(false);
        for (int i = 1; i <= 1_000; i++) measurement.record(0, 0, TimeUnit.MICROSECONDS.toNanos(i), 1);
        measurement.nanos = 1_000_000_000;
        series.add(measurement, 0.01, 0);
        row.series.add(series);
        var round = series.rounds.getFirst();
        assertThat(List.of(round.p50(), round.p90(), round.p99(), round.p999(), round.max()))
                .zipSatisfy(List.of(0.5, 0.9, 0.99, 0.999, 1.0), (value, expected) -> assertThat(value).isCloseTo(expected, within(0.001)));
        assertThat(Table.of(report(false, row))).containsPattern("ours +1,000 +0\\.500 +0\\.900 +0\\.99\\d +\\S+ +1\\.00\\d\n").doesNotContainPattern("(?m)^ +ratio");
    }

    @Test
    void aRowAtItsTargetIsNotMarked() {
        var report = report(true, row("concurrent-get", new int[] {95, 95, 96}, new int[] {100, 100, 100}));
        assertThat(Table.of(report)).contains("0.95x").doesNotContain("elow");
        assertThat(HtmlReport.of(report)).contains("No row is below its target").doesNotContain("▼");
    }

    @Test
    void anyTwoServersAreNotHeldAgainstTargets() {
        var report = report(false, row("concurrent-get", new int[] {50, 50, 50}, new int[] {100, 100, 100}));
        assertThat(Table.of(report)).contains("0.50x").doesNotContain("elow");
        assertThat(HtmlReport.of(report)).doesNotContain("▼", "target.");
    }

    @Test
    void aSnapshotIsJudgedByTheSlowestReplies() {
        var row = row("bgsave", new int[] {100, 100, 100}, new int[] {100, 100, 100});
        assertThat(row.judgedBy()).isEqualTo(Metric.P99);
        assertThat(row.isBelowTarget()).isTrue();
        assertThat(Report.explanation(row)).startsWith("Below its target, p99 at most 0.50x: 1.00x").doesNotContain("CPU");
    }

    @Test
    void rowsWithoutResultsSayWhy() throws Exception {
        var skipped = new Row(workload("aof-always"));
        skipped.end(Row.State.SKIPPED, "needs <another> server");
        var failed = new Row(workload("mixed"));
        failed.end(Row.State.FAILED, "ours: the server has gone");
        var report = report(true, skipped, failed);
        assertThat(report.hasFailures()).isTrue();
        assertThat(Table.of(report)).contains("AOF always SET: skipped. needs <another> server", "mixed 90/10: FAILED. ours: the server has gone");
        assertThat(page(report).getElementsByTagName("body").item(0).getTextContent()).contains("Skipped. needs <another> server", "Failed. ours: the server has gone");
        assertThat(JsonReport.of(report)).contains("\"state\": \"skipped\"", "\"reason\": \"needs <another> server\"", "\"state\": \"failed\"");
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
        var report = report(true, row("concurrent-get", new int[] {95, 80, 80}, new int[] {100, 100, 100}), row("mixed", new int[] {7, 8, 9}, new int[] {7, 7, 7}));
        var page = page(report);
        assertThat(page.getElementsByTagName("script").getLength()).isZero();
        assertThat(page.getElementsByTagName("img").getLength()).isZero();
        assertThat(HtmlReport.of(report)).doesNotContain("http:", "https:", "@import", "url(").doesNotContain("NaN");
        assertThat(page.getElementsByTagName("article").getLength()).isEqualTo(2);
        var curves = page.getElementsByTagName("polyline");
        assertThat(curves.getLength()).as("a curve for each row and server").isEqualTo(4);
        for (int i = 0; i < curves.getLength(); i++) assertThat(((Element) curves.item(i)).getAttribute("points")).matches("(\\d+\\.\\d,\\d+\\.\\d ?){2,}");
        var text = page.getElementsByTagName("body").item(0).getTextContent();
        assertThat(text).contains("▼ Below target: concurrent GET.", "26 November 2026", "2 cores of A & B", "3 rounds of 1 s", "redis 7 <fast>", "▼ 0.80x", "a note");
    }

    @Test
    void theCorrectionIsShownBesideWhatItCorrects() throws Exception {
        var row = new Row(workload("bgsave"));
        for (var server : List.of("ours", "Redis")) {
            var series = new Series(server);
            var measurement = new Measurement(true);
            measurement.record(0, 900_000, 1_000_000, 10);
            measurement.nanos = 1_000_000_000;
            series.add(measurement, Double.NaN, 1);
            row.series.add(series);
        }
        assertThat(page(report(true, row)).getElementsByTagName("polyline").getLength()).isEqualTo(4);
        assertThat(JsonReport.histograms(List.of(row)).keySet())
                .containsExactly("bgsave.ours.hgrm", "bgsave.ours.uncorrected.hgrm", "bgsave.Redis.hgrm", "bgsave.Redis.uncorrected.hgrm");
        assertThat(JsonReport.of(report(true, row))).contains("\"p99Uncorrected\": 0.1", "\"p99\": 1.000", "\"cpu\": null");
    }

    @Test
    void jsonHoldsEveryRound() {
        var json = JsonReport.of(report(true, row("concurrent-get", new int[] {100, 300, 200}, new int[] {200, 200, 400})));
        assertThat(json).contains("\"id\": \"concurrent-get\"", "\"bound\": 0.95", "\"belowTarget\": true", "\"arguments\": \"--rounds 3\"")
                .containsPattern("\"throughput\": 300\\.\\d+").containsPattern("\"throughput\": 100\\.\\d+");
        assertThat(json.chars().filter(c -> c == '{').count()).isEqualTo(json.chars().filter(c -> c == '}').count());
    }

    @Test
    void jsonQuotesWhatItMust() {
        var list = new ArrayList<Object>(List.of("a\"b\\c\n", 1, 1.5, true, Double.NaN));
        list.add(null);
        assertThat(Json.of(list).replaceAll("\\s+", "")).isEqualTo("[\"a\\\"b\\\\c\\u000a\",1,1.5,true,null,null]");
        assertThat(Json.of(List.of())).isEqualTo("[]");
    }

    @Test
    void histogramsAreInHdrHistogramsFormat() {
        var files = JsonReport.histograms(List.of(row("mixed", new int[] {7, 8, 9}, new int[] {7, 7, 7})));
        assertThat(files.keySet()).containsExactly("mixed.ours.hgrm", "mixed.Redis.hgrm");
        assertThat(files.get("mixed.ours.hgrm")).contains("Value     Percentile TotalCount 1/(1-Percentile)").contains("#[Max     =");
    }

    private static Document page(Report report) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(HtmlReport.of(report))));
    }

    private static Report report(boolean judged, Row... rows) {
        var machine = new Machine("Linux", "A & B", 2, 1L << 34, 0.1, "25");
        return new Report(Instant.parse("2026-11-26T12:00:00Z"), machine, "--rounds 3", OPTIONS, List.of("ours: redis 7 <fast>", "Redis: redis 7"), judged,
                List.of("a note"), List.of(rows));
    }

    private static Workload workload(String id) {
        return Options.parse("--tests", id).workloads().getFirst();
    }

    /// Rounds of one second with that many replies each.
    private static Row row(String id, int[] ours, int[] theirs) {
        var row = new Row(workload(id));
        row.series.add(series("ours", ours, 20e-6));
        row.series.add(series("Redis", theirs, 10e-6));
        return row;
    }

    private static Series series(String server, int[] replies, double cpuSecondsPerReply) {
        var series = new Series(server);
        for (int count : replies) {
            var measurement = new Measurement(false);
            for (int i = 0; i < count; i++) measurement.record(0, 0, 1_000_000 + i * 1_000, 1);
            measurement.nanos = 1_000_000_000;
            series.add(measurement, count * cpuSecondsPerReply, 0);
        }
        return series;
    }
}
