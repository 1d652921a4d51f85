package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/test/stack"
)

// mayBeEmpty are the panels without data in the usual run.
func mayBeEmpty() map[string]string {
	return map[string]string{
		"dsqlload-slow: Tried again":       "every attempt went well; the run with errors fills it",
		"dsqlload-slow: Failed":            "no statement failed; the run with errors fills it",
		"dsqlload-slow: Without an answer": "every statement was answered",
	}
}

// testDashboards runs every query of every panel, variable and annotation for the usual run.
func (l *lab) testDashboards(t *testing.T) {
	usual, later := l.usual(t), l.troubled(t)
	l.awaitSpans(t, usual)
	v := l.view(t, usual)
	boards := dashboards(t)
	if len(boards) != 4 {
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
				name := d.UID + ": " + p.Title
				err := stack.Until(ctx, func() error {
					err := v.ask(t, p, q)
					if errors.Is(err, errEmpty) && mayBeEmpty()[name] != "" {
						err = nil
					}
					return err
				})
				if err != nil {
					t.Errorf("%s %s: %v: %s", name, q.RefID, err, v.fill(q.Expr+q.Query+q.Tags, time.Second))
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d queries: the dashboards weren't understood", asked)
	}
	v.checkFigures(t, usual)
	l.checkTroubled(t, later)
}

// checkVariables: the variables list the runs, the newest first.
func (v *viewer) checkVariables(t *testing.T, d dashboard, usual, later *run) {
	t.Helper()
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
	if asked != 3 {
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
	throttles, cold, seconds := int64(0), int64(0), 0.0
	for _, s := range r.record.Summaries() {
		for _, n := range s.Throttles {
			throttles += n
		}
		cold += *s.ColdStarts
		seconds += s.TotalDurationSeconds
	}
	if throttles == 0 || cold == 0 {
		t.Errorf("%d throttles and %d cold starts: this run was to have some", throttles, cold)
	}
	got, want := map[string]float64{}, map[string]float64{
		"Rows": usualRows, "Success": 1, "Conflicts": 0, "Failed statements": 0, "Invocations": 120, "Failed invocations": 0,
		"Throttles": float64(throttles), "Cold starts": float64(cold), "Measured time": seconds, "In flight": 0,
	}
	for title := range want {
		got[title] = v.figure(t, board, title)
	}
	sums := cmpopts.EquateApprox(1e-9, 0) // the measured time is a sum of 120 figures
	if diff := cmp.Diff(want, got, sums); diff != "" {
		t.Errorf("figures (-results +panels):\n%s", diff)
	}
	for _, title := range []string{"Spans accounted for", "Points accounted for", "Spans lost", "Points lost", "Waiting"} {
		if n := v.figure(t, health, title); n != 0 {
			t.Errorf("%s: %v, want 0", title, n)
		}
	}
	slowest := float64(r.slowest()[0].LatencyUs) / 1e6
	for _, got := range []float64{v.figure(t, board, "Max"), v.figure(t, "dsqlload-slow", "Slowest")} {
		if math.Abs(got-slowest) > 1e-9 {
			t.Errorf("slowest: %v, want %v", got, slowest)
		}
	}
}

// checkTroubled checks the panels about failures.
func (l *lab) checkTroubled(t *testing.T, r *run) {
	t.Helper()
	l.awaitSpans(t, r)
	v := l.view(t, r)
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
