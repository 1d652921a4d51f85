package e2e_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/test/stack"
)

// shown is a figure of a dashboard, and its value in the results; NaN for none.
type shown struct{ title, ref, scenario string }

// figuresOf returns the figures of the scenarios in the results, as the tiles of the run and
// the list of runs name them.
func figuresOf(s *bench.Summary) (tiles, list map[string]float64) {
	seconds := func(ms *float64) float64 {
		if ms == nil {
			return math.NaN()
		}
		return *ms / 1000
	}
	a, l := s.Rows, s.StatementLatency
	missing := float64(a.Planned - a.Acknowledged)
	tiles = map[string]float64{
		"done": float64(a.Acknowledged) / float64(a.Planned), "rows": float64(a.Acknowledged), "rows/s": s.Throughput,
		"p50": seconds(l.P50), "p95": seconds(l.P95), "p99": seconds(l.P99), "max": seconds(l.Max), "missing": missing,
	}
	list = map[string]float64{
		"D": float64(a.Acknowledged), "E": s.Throughput, "F": seconds(l.P99), "G": seconds(l.Max), "H": missing, "I": float64(s.Conflicts()),
	}
	return tiles, list
}

// compare returns an error unless a query's sample is want to half a percent; NaN: none.
func (v *viewer) compare(t *testing.T, at shown, samples []stack.Sample, want float64) {
	t.Helper()
	switch {
	case math.IsNaN(want):
		if len(samples) > 0 {
			t.Errorf("%+v: %v, and the results have no such figure", at, samples)
		}
	case len(samples) != 1:
		t.Errorf("%+v: %v, want one sample of %v", at, samples, want)
	case math.Abs(samples[0].Value-want) > 0.005*math.Abs(want):
		t.Errorf("%+v: %v, in the results %v", at, samples[0].Value, want)
	}
}

// read asks a panel's query and returns the samples that pick accepts.
func (v *viewer) read(t *testing.T, q target, pick func(map[string]string) bool) []stack.Sample {
	t.Helper()
	samples, err := v.stack.Prom(t.Context(), v.fill(q.Expr, time.Second), v.to)
	if err != nil {
		t.Fatalf("%s: %v", q.Expr, err)
	}
	return slices.DeleteFunc(samples, func(s stack.Sample) bool { return !pick(s.Labels) })
}

// checkRun compares the tiles of a run, its row in the list of runs, its status and its verdict
// with the results. A killed run has results of the scenarios that it had finished.
func (v *viewer) checkRun(t *testing.T, r *run, status string) {
	t.Helper()
	boards := dashboards(t)
	all := func(map[string]string) bool { return true }
	if status != "killed" {
		eventually.Nil(t, func() error {
			if len(v.read(t, boards["dsqlload-run"].panel(t, "Verdict").Targets[0], all)) == 0 {
				return errEmpty
			}
			return nil
		})
	}
	for _, s := range r.record.Summaries() {
		tiles, list := figuresOf(s)
		for what, want := range tiles {
			at := shown{title: string(s.Scenario) + ": " + what}
			v.compare(t, at, v.read(t, boards["dsqlload-run"].panel(t, at.title).Targets[0], all), want)
		}
		for _, q := range boards["dsqlload-runs"].panel(t, "Runs").Targets {
			if want, ok := list[q.RefID]; ok {
				v.compare(t, shown{"Runs", q.RefID, string(s.Scenario)}, v.read(t, q, func(labels map[string]string) bool {
					return labels["dsqlload_run_id"] == r.id() && labels["dsqlload_scenario"] == string(s.Scenario)
				}), want)
			}
		}
	}
	number := map[string]float64{"running": 1, "killed": 2, "complete": 3, "incomplete": 4, "interrupted": 5}[status]
	verdict := map[bench.Word]float64{bench.Valid: 1, bench.Suspect: 2, bench.Invalid: 3}[r.record.Verdict.Word]
	if status == "killed" {
		verdict = math.NaN()
	}
	v.compare(t, shown{title: "Status"}, v.read(t, boards["dsqlload-run"].panel(t, "Status").Targets[0], all), number)
	v.compare(t, shown{title: "Verdict"}, v.read(t, boards["dsqlload-run"].panel(t, "Verdict").Targets[0], all), verdict)
	for _, s := range v.read(t, boards["dsqlload-runs"].panel(t, "Runs").Targets[1], func(labels map[string]string) bool { return labels["dsqlload_run_id"] == r.id() }) {
		v.compare(t, shown{"Runs", "B", s.Labels["dsqlload_scenario"]}, []stack.Sample{s}, number)
	}
	var codes, want []string
	for _, s := range v.read(t, boards["dsqlload-run"].panel(t, "Why").Targets[0], all) {
		codes = append(codes, s.Labels["dsqlload_severity"]+" "+s.Labels["dsqlload_reason"]+" "+s.Labels["dsqlload_scenario"])
	}
	for _, reason := range r.record.Verdict.Reasons {
		want = append(want, string(reason.Severity)+" "+reason.Code+" "+string(reason.Scenario))
	}
	if status == "killed" {
		want = []string{"INVALID killed "}
		codes = slices.DeleteFunc(codes, func(c string) bool { return strings.HasPrefix(c, "NOTE client_bound") }) // a busy machine
	}
	slices.Sort(codes)
	slices.Sort(want)
	if !slices.Equal(codes, want) {
		t.Errorf("reasons %q, in the results %q", codes, want)
	}
}

// killed is a run whose driver is killed in its second scenario, in which the sixth batch waits.
func (l *lab) killed(t *testing.T) *run {
	t.Helper()
	return l.once(t, "killed", func(t *testing.T) *run {
		t.Helper()
		at := l.database(t, "halted", `IF n > 200 + 50 THEN PERFORM pg_sleep(300); END IF;`)
		p := l.start(t, append(l.observed(), to(at)...), "--num-lambdas", "4", "--iterations", "5", "--count", "10", "--concurrency", "1", "--warm-up", "0")
		eventually.Nil(t, func() error {
			begun, err := l.stack.Prom(t.Context(), `max(last_over_time(dsqlload_scenario_expected_end_seconds{dsqlload_scenario="batch"}[1m])) > `+fmt.Sprint(time.Now().Unix()-3600)+
				` and on () sum(last_over_time(dsqlload_invocations_in_flight{dsqlload_scenario="batch"}[2s])) == 1`, time.Now())
			if err == nil && len(begun) == 0 {
				err = fmt.Errorf("no batch has begun: %s", read(t, p.file("stderr")))
			}
			return err
		})
		if err := p.cmd.Process.Signal(os.Kill); err != nil {
			t.Fatal(err)
		}
		return p.wait()
	})
}

// testKilled: the dashboards show a killed run as killed, and what is known of it.
func (l *lab) testKilled(t *testing.T) {
	r := l.killed(t)
	if r.record.Scenario1 == nil || r.record.Scenario2 != nil {
		t.Fatal("the results have another scenario than the first")
	}
	v := l.view(t, r)
	v.to = r.end.Add(20 * time.Second)
	v.checkRun(t, r, "killed")
	done := v.read(t, dashboards(t)["dsqlload-run"].panel(t, "batch: done").Targets[0], func(map[string]string) bool { return true })
	v.compare(t, shown{title: "batch: done"}, done, 0.25)
	// Nothing is in flight any more a few seconds after the end.
	inFlight := dashboards(t)["dsqlload-run"].panel(t, "In flight").Targets[0]
	if later, err := l.stack.Prom(t.Context(), v.fill(inFlight.Expr, time.Second), v.to); err != nil || len(later) > 0 {
		t.Errorf("in flight after the end: %v, %v", later, err)
	}
	at := strings.Index(r.stderr, "dashboard: http://localhost:3000/d/dsqlload-run?from=")
	if begun := strings.Index(r.stderr, "individual: "); at < 0 || begun < at || !strings.Contains(r.stderr, "&refresh=5s&to=now&var-run_id="+r.id()) {
		t.Errorf("no link before the first scenario: %s", r.stderr)
	}
}

// testNothing: the figures of runs without an acknowledged row.
func (l *lab) testNothing(t *testing.T) {
	r := l.broken(t)
	l.view(t, r).checkRun(t, r, "incomplete")
	at := l.database(t, "nothing", `RAISE EXCEPTION 'no' USING ERRCODE = '23514';`)
	r = l.run(t, 1, append(l.observed(), to(at)...), "--num-lambdas", "3", "--iterations", "4", "--count", "5", "--warm-up", "0", "--settle", "0")
	if s := r.record.Scenario2; s == nil || s.Rows.Failed != s.Rows.Planned {
		t.Fatal("rows were acknowledged")
	}
	l.view(t, r).checkRun(t, r, "incomplete")
}
