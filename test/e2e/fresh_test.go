package e2e_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

// behindMost is how far the dashboard may be behind the table at any moment, and how long it may
// be empty after the start of the driver.
const behindMost = 10 * time.Second

// glance is what the dashboard shows at a moment.
type glance struct {
	at        time.Time
	rows, p99 float64              // of the tiles; NaN for none
	newest    map[string]time.Time // last point of each curve; zero for none
}

// rising is a run whose statements get slower, so that its p99 changes: the delay rises with the
// number of rows, in steps.
type rising struct {
	lambdas, iterations, levels int
	step                        time.Duration // the delay of the first level, and what each further one adds
}

func (r rising) rows() int { return r.lambdas * r.iterations }

// trigger returns the trigger's body.
func (r rising) trigger() string {
	return fmt.Sprintf("PERFORM pg_sleep(%v * (1 + (n - 1) * %d / %d));", r.step.Seconds(), r.levels, r.rows())
}

// shownBy returns how many rows the table may have had when p99 was right: with one more than
// this, more than a hundredth of them are of a slower level than p99 shows.
func (r rising) shownBy(p99 float64) int {
	shown := int(p99 / r.step.Seconds())
	if shown >= r.levels {
		return r.rows()
	}
	return int(math.Ceil(float64(shown*r.rows()/r.levels+1+r.lambdas) / 0.99))
}

// testFresh looks at the dashboard each second while a run goes on, and compares it with the
// table.
func (l *lab) testFresh(t *testing.T) {
	load := rising{lambdas: 5, iterations: 400, levels: 4, step: 20 * time.Millisecond}
	if *long {
		load = rising{lambdas: 20, iterations: 1800, levels: 9, step: 20 * time.Millisecond}
	}
	at := l.database(t, "fresh", load.trigger())
	begun := time.Now()
	p := l.start(t, append(l.observed(), to(at)...), "--scenario", "1", "--num-lambdas", strconv.Itoa(load.lambdas),
		"--iterations", strconv.Itoa(load.iterations), "--concurrency", strconv.Itoa(load.lambdas), "--warm-up", "0")
	glances := l.watch(t, p)
	r := p.wait()
	if err := errors.Join(is("exit code", r.code, 0), r.complete(int64(load.rows())), agree(r, int64(load.rows())), whole(r.record.Telemetry)); err != nil {
		t.Error(err)
	}
	var made []time.Time
	for _, moment := range l.made(t, at) {
		made = append(made, moment)
	}
	slices.SortFunc(made, time.Time.Compare)
	scenario := r.record.Scenario1
	t.Logf("the driver ran for %v, its scenario began after %v and took %v; %d glances", r.end.Sub(begun).Round(time.Second),
		scenario.StartedAt.Sub(begun).Round(time.Millisecond), scenario.EndedAt.Sub(scenario.StartedAt).Round(time.Second), len(glances))
	glances = slices.DeleteFunc(glances, func(g glance) bool { return g.at.After(scenario.EndedAt) })
	if least := int(scenario.EndedAt.Sub(begun)/time.Second) / 2; len(glances) < least {
		t.Errorf("%d glances, want %d", len(glances), least)
	}
	checkFirst(t, glances, begun)
	checkBehind(t, glances, load, made)
}

// watch looks at the dashboard each second until the driver has ended.
func (l *lab) watch(t *testing.T, p *process) (all []glance) {
	t.Helper()
	var link []string // as a user opens it
	eventually.Nil(t, func() error {
		link = regexp.MustCompile(`dashboard: \S*/d/dsqlload-run\?\S*var-run_id=(\w+)`).FindStringSubmatch(read(t, p.file("stderr")))
		if link == nil {
			return errors.New("no link")
		}
		return nil
	})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		all = append(all, l.glance(t, link[1]))
		select {
		case <-p.ended:
			return all
		case <-tick.C:
		}
	}
}

// glance asks the dashboard's queries.
func (l *lab) glance(t *testing.T, id string) glance {
	t.Helper()
	board, now := dashboards(t)["dsqlload-run"], time.Now()
	v := &viewer{lab: l, from: now.Add(-time.Minute), to: now, variables: map[string]string{"run_id": id, "scenario": "individual|batch"}}
	g := glance{at: now, newest: map[string]time.Time{}}
	tile := func(title string) float64 {
		samples, err := v.instant(t, board.panel(t, title).Targets[0])
		if errors.Is(err, errEmpty) {
			return math.NaN()
		}
		if err != nil || len(samples) != 1 {
			t.Fatalf("%s: %v, %v", title, samples, err)
		}
		return samples[0].Value
	}
	g.rows, g.p99 = tile("individual: rows"), tile("individual: p99")
	for curve, i := range map[string]int{"rows/s": 0, "p99": 2} {
		q := board.panel(t, "Overview").Targets[i]
		series, err := v.stack.PromRange(t.Context(), v.fill(q.Expr, time.Second), v.from, v.to, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		g.newest[curve] = time.Time{}
		for _, s := range series {
			for _, point := range s.Points {
				if shows(point) && point.Value > 0 && point.Time.After(g.newest[curve]) {
					g.newest[curve] = point.Time
				}
			}
		}
	}
	return g
}

// checkFirst: all is shown soon after the start.
func checkFirst(t *testing.T, glances []glance, begun time.Time) {
	t.Helper()
	first := slices.IndexFunc(glances, func(g glance) bool {
		return g.rows > 0 && g.p99 > 0 && !g.newest["rows/s"].IsZero() && !g.newest["p99"].IsZero()
	})
	if first < 0 {
		t.Fatal("nothing was shown")
	}
	after := glances[first].at.Sub(begun)
	t.Logf("the first rows and p99 were shown %v after the start of the driver", after.Round(time.Millisecond))
	if after > behindMost {
		t.Errorf("the first were shown after %v", after)
	}
}

// checkBehind: what is shown is never old. made are the moments of the rows, in order.
func checkBehind(t *testing.T, glances []glance, load rising, made []time.Time) {
	t.Helper()
	largest := map[string]time.Duration{}
	for _, g := range glances {
		// A figure of that many rows is right until the next row.
		since := func(rows int) time.Duration {
			if rows >= len(made) {
				return 0
			}
			return max(0, g.at.Sub(made[rows]))
		}
		all := map[string]time.Duration{"rows": since(number(g.rows)), "p99": since(0)}
		if !math.IsNaN(g.p99) {
			all["p99"] = since(load.shownBy(g.p99))
		}
		for curve, newest := range g.newest {
			all["curve of "+curve] = g.at.Sub(latest(newest, made[0]))
		}
		for what, d := range all {
			largest[what] = max(largest[what], d)
			if d > behindMost {
				t.Errorf("%s was %v behind %v after the first row: %+v", what, d, g.at.Sub(made[0]), g)
			}
		}
	}
	for _, what := range []string{"rows", "p99", "curve of rows/s", "curve of p99"} {
		t.Logf("%s: at most %v behind", what, largest[what].Round(time.Millisecond))
	}
}

// number is 0 for none.
func number(value float64) int {
	if math.IsNaN(value) {
		return 0
	}
	return int(value)
}

func latest(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
