package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/test/stack"
)

// mayBeEmpty are the queries without data in the usual run.
func mayBeEmpty() map[string]string {
	const failed = "no statement failed; the run with errors fills it"
	return map[string]string{
		"dsqlload-runs: Runs J":                        "only a run on AWS costs something",
		"dsqlload-run: Latency of failed statements A": failed,
		"dsqlload-run: Latency of failed statements B": failed,
		"dsqlload-slow: Tried again A":                 "every attempt went well; the run with errors fills it",
		"dsqlload-slow: Failed A":                      "no statement failed; the run with errors fills it",
		"dsqlload-slow: Without an answer A":           "every statement was answered",
	}
}

// testDashboards runs every query of every panel, variable and annotation for the usual run.
func (l *lab) testDashboards(t *testing.T) {
	usual, later := l.usual(t), l.troubled(t)
	l.awaitSpans(t, usual)
	v := l.view(t, usual)
	boards := dashboards(t)
	if len(boards) != 5 {
		t.Fatalf("%d dashboards", len(boards))
	}
	ctx, cancel := context.WithTimeout(t.Context(), eventually.Patience) // for all together
	defer cancel()
	asked := 0
	for _, d := range boards {
		v.checkVariables(t, d, usual, later)
		v.checkAnnotations(t, d)
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				asked++
				name := d.UID + ": " + p.Title + " " + q.RefID
				err := stack.Until(ctx, func() error {
					err := v.ask(t, p, q)
					if errors.Is(err, errEmpty) && mayBeEmpty()[name] != "" {
						err = nil
					}
					return err
				})
				if err != nil {
					t.Errorf("%s: %v: %s", name, err, v.fill(q.Expr+q.Query+q.Tags, time.Second))
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d queries: the dashboards weren't understood", asked)
	}
	v.checkFigures(t, usual)
	l.checkTroubled(t, later)
	l.checkHops(t, usual)
}

// checkVariables: the variables list the runs, the newest first.
func (v *viewer) checkVariables(t *testing.T, d dashboard, usual, later *run) {
	t.Helper()
	if d.UID == "dsqlload-runs" {
		return
	}
	all := viewer{lab: v.lab, to: time.Now(), from: usual.record.Run.StartedAt.Add(-time.Minute), variables: v.variables}
	offered := all.options(t, d, "run_id")
	if i, j := slices.Index(offered, later.id()), slices.Index(offered, usual.id()); i < 0 || j < 0 || i > j {
		t.Errorf("%s offers the runs %v; want %s before %s", d.UID, offered, later.id(), usual.id())
	}
	for _, variable := range d.Templating.List {
		if variable.Type == "query" {
			v.value(t, d, variable.Name)
		}
	}
}

func (v *viewer) checkAnnotations(t *testing.T, d dashboard) {
	t.Helper()
	asked := 0
	for _, a := range d.Annotations.List {
		if a.Expr == "" {
			continue // Grafana's own
		}
		asked++
		step, err := time.ParseDuration(a.Step)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.overTime(t, v.fill(a.Expr, time.Second), step); err != nil {
			t.Errorf("%s: annotation %s: %v", d.UID, a.Name, err)
		}
	}
	if want := map[bool]int{false: 3}[d.UID == "dsqlload-runs"]; asked != want {
		t.Errorf("%s: %d annotations", d.UID, asked)
	}
}

// figure is the number that a panel shows.
func (v *viewer) figure(t *testing.T, board, title string) float64 {
	t.Helper()
	samples, err := v.instant(t, dashboards(t)[board].panel(t, title).Targets[0])
	if err != nil || len(samples) != 1 {
		t.Errorf("%s: %v, %v; want one number", title, samples, err)
		return -1
	}
	return samples[0].Value
}

// checkFigures compares the numbers of panels with the results.
func (v *viewer) checkFigures(t *testing.T, r *run) {
	t.Helper()
	const board, health = "dsqlload-run", "dsqlload-telemetry"
	throttles, cold := int64(0), int64(0)
	for _, s := range r.record.Summaries() {
		for _, n := range s.Throttles {
			throttles += n
		}
		cold += *s.ColdStarts
	}
	if throttles == 0 || cold == 0 {
		t.Errorf("%d throttles and %d cold starts: this run was to have some", throttles, cold)
	}
	got, want := map[string]float64{}, map[string]float64{
		"Conflicts": 0, "Failed statements": 0, "Invocations": 120, "Failed invocations": 0, "Throttles": float64(throttles), "Cold starts": float64(cold),
	}
	for title := range want {
		got[title] = v.figure(t, board, title)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-results +panels):\n%s", diff)
	}
	for _, title := range []string{"Spans accounted for", "Points accounted for", "Spans lost", "Points lost", "Waiting"} {
		if n := v.figure(t, health, title); n != 0 {
			t.Errorf("%s: %v, want 0", title, n)
		}
	}
	v.checkRun(t, r, "complete")
}

// checkHops: the driver and the collector count the same spans and points of the run, those of
// the verdict too.
func (l *lab) checkHops(t *testing.T, r *run) {
	t.Helper()
	v := l.view(t, r)
	hops := dashboards(t)["dsqlload-telemetry"].panel(t, "This run at each step").Targets
	eventually.Nil(t, func() error {
		var n []float64
		for _, q := range hops {
			samples, err := v.instant(t, q)
			if err != nil || len(samples) != 1 {
				return fmt.Errorf("%s: %v, %v", q.Expr, samples, err)
			}
			n = append(n, samples[0].Value)
		}
		return errors.Join(is("spans at the collector", n[1], n[0]), is("points at the collector", n[3], n[2]))
	})
}

// checkTroubled checks the panels about failures.
func (l *lab) checkTroubled(t *testing.T, r *run) {
	t.Helper()
	l.awaitSpans(t, r)
	v := l.view(t, r)
	v.checkRun(t, r, "incomplete")
	for title, want := range map[string]float64{"Conflicts": 1, "Failed statements": 1} {
		if got := v.figure(t, "dsqlload-run", title); got != want {
			t.Errorf("%s: %v, want %v", title, got, want)
		}
	}
	var seen []string
	traces := map[string]bool{}
	for _, title := range []string{"Tried again", "Failed", "Without an answer"} {
		found, err := l.stack.Find(t.Context(), v.search(t, dashboards(t)["dsqlload-slow"].panel(t, title).Targets[0]))
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range found {
			traces[trace.TraceID] = true
		}
	}
	for id := range traces {
		for _, s := range l.trace(t, id) {
			if a := s.attributes; s.Name == statement && (a["error.type"] != "" || a["dsqlload.attempts"] != "1") {
				seen = append(seen, fmt.Sprint(a["dsqlload.outcome"], " ", a["db.response.status_code"], " after ", a["dsqlload.attempts"]))
			}
		}
	}
	slices.Sort(seen)
	if diff := cmp.Diff([]string{"acknowledged  after 2", "failed 23514 after 1"}, seen); diff != "" {
		t.Errorf("failed or tried again (-want +got):\n%s", diff)
	}
}
