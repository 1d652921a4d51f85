package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// world makes runs whose noise is known. docs/compare.md says which noise was
// measured.
type world struct {
	between float64 // standard deviation of the logarithm of equal runs' throughput
	within  float64 // the same of a run's seconds
	lag     float64 // autocorrelation of successive seconds
	seconds int
}

// percentileNoise is how much the percentiles of equal runs differed, as
// multiples of their throughput's noise, and how they hung together with it.
func percentileNoise() []struct{ times, correlation float64 } {
	return []struct{ times, correlation float64 }{{0.92, 0.96}, {1.22, 0.95}, {1.37, 0.91}, {1.92, 0.79}, {2.9, 0.57}}
}

// run is one run with shift as the logarithm of how much faster it is.
func (w world) run(r *rand.Rand, shift float64) *bench.Record {
	z := r.NormFloat64()
	level := shift + w.between*z
	total := 0.0
	for _, x := range w.series(r) {
		total += 40000 * math.Exp(level+x)
	}
	s := &bench.Summary{Scenario: bench.Batch, Throughput: total / float64(w.seconds), SuccessRate: 100, TotalLambdas: 100, TotalInserts: int64(total)}
	s.Rows, s.Statements = bench.Account{Planned: s.TotalInserts, Acknowledged: s.TotalInserts}, &bench.Account{Planned: 1000, Acknowledged: 1000}
	l := &s.StatementLatency
	deviation := math.Log(s.Throughput/40000) - shift
	own := w.between
	for i, to := range []**float64{&l.P50, &l.P90, &l.P95, &l.P99, &l.P999} {
		n := percentileNoise()[i]
		ms := 50 * float64(i+1) * math.Exp(-shift-n.times*(n.correlation*deviation+math.Sqrt(1-n.correlation*n.correlation)*own*r.NormFloat64()))
		*to = &ms
	}
	mean := 1e8 / s.Throughput
	s.LatencyMs.Avg = &mean
	return &bench.Record{SchemaVersion: bench.SchemaVersion, Scenario2: s}
}

// series is a first-order autoregression around 0.
func (w world) series(r *rand.Rand) []float64 {
	all := make([]float64, w.seconds)
	x := w.within * r.NormFloat64()
	for i := range all {
		all[i] = x
		x = w.lag*x + w.within*math.Sqrt(1-w.lag*w.lag)*r.NormFloat64()
	}
	return all
}

func (w world) side(r *rand.Rand, name string, runs int, shift float64) Side {
	s := Side{Name: name}
	for i := range runs {
		s.Files = append(s.Files, fmt.Sprintf("%s/%d", name, i))
		s.Records = append(s.Records, w.run(r, shift))
	}
	return s
}

// simulated is how many of many comparisons called anything significant, and how
// many called the throughput so.
type simulated struct{ any, throughput int }

func simulate(t testing.TB, trials int, o Options, sides func(r *rand.Rand) []Side) (n simulated) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	for range trials {
		c, err := Compare(sides(r), o)
		if err != nil {
			t.Fatal(err)
		}
		any := false
		for _, row := range c.Against[0].rows() {
			significant := row.Word == Better || row.Word == Worse
			any = any || significant
			if significant && row.Figure == "throughput" {
				n.throughput++
			}
		}
		if any {
			n.any++
		}
	}
	return n
}

func defaults() Options { return Options{Alpha: DefaultAlpha, RunNoise: DefaultRunNoise} }

// timed is a run with its seconds and its histogram: each statement's latency is
// lognormal, times its second's.
func (w world) timed(r *rand.Rand, shift float64, perSecond int) *bench.Record {
	const p99 = 2.326 // standard deviations above the median
	level := shift + w.between*r.NormFloat64()
	width := 0.5 + w.between/p99*r.NormFloat64() // the tail has noise of its own
	all := latency.New()
	s := &bench.Summary{Scenario: bench.Batch, SuccessRate: 100, TotalLambdas: 100}
	for i, x := range w.series(r) {
		ms := make([]float64, perSecond)
		for j := range ms {
			ms[j] = 50 * math.Exp(-level-x+width*r.NormFloat64())
			all.Record(time.Duration(ms[j] * float64(time.Millisecond)))
		}
		slices.Sort(ms)
		at := func(p float64) *float64 { return &ms[latency.NearestRank(p, int64(perSecond))-1] }
		rows := int64(40000 * math.Exp(level+x))
		s.Timeline = append(s.Timeline, bench.TimelineSecond{Second: int64(i), Rows: new(rows), FewPercentiles: bench.FewPercentiles{P50: at(50), P95: at(95), P99: at(99)}})
		s.Throughput += float64(rows) / float64(w.seconds)
	}
	l := &s.StatementLatency
	for p, to := range map[float64]**float64{50: &l.P50, 90: &l.P90, 95: &l.P95, 99: &l.P99} {
		v := all.Percentile(p).Seconds() * 1000
		*to = &v
	}
	var err error
	if l.Histogram, err = all.Snapshot(); err != nil {
		panic(err)
	}
	return &bench.Record{SchemaVersion: bench.SchemaVersion, Scenario2: s}
}

// quiet is the noise of docs/compare.md's "The noise" at which five repeats of
// 30 s are enough: 2.2 % between runs, of which their seconds make 1.6.
func quiet() world { return world{between: 0.012, within: 0.05, lag: 0.5, seconds: 30} }

// loaded is the noise that was measured on a machine shared with others.
func loaded() world { return world{between: 0.1, within: 0.15, lag: 0.5, seconds: 25} }

// The noise that the manual names is that of the simulation.
func TestNoiseIsWhatTheManualSays(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for want, w := range map[float64]world{0.02: quiet(), 0.11: loaded()} {
		throughputs := make([]float64, 5000)
		for i := range throughputs {
			throughputs[i] = w.run(r, 0).Scenario2.Throughput
		}
		mean, variance := moments(throughputs)
		if cv := math.Sqrt(variance) / mean; math.Abs(cv/want-1) > 0.06 {
			t.Errorf("equal runs differ by %.4f, the manual says %v", cv, want)
		}
	}
}

func TestEqualRunsCompareAsEqual(t *testing.T) {
	const trials = 1000 // of 100, the share could not be told from 5 in 100
	for name, c := range map[string]struct {
		world world
		runs  int
	}{
		"4 quiet": {quiet(), 4}, "5 quiet": {quiet(), 5}, "5 loaded": {loaded(), 5}, "6 loaded": {loaded(), 6},
	} {
		got := simulate(t, trials, defaults(), func(r *rand.Rand) []Side {
			return []Side{c.world.side(r, "a", c.runs, 0), c.world.side(r, "b", c.runs, 0)}
		})
		t.Logf("%s: of %d comparisons of equal runs %d found any change, %d one of throughput", name, trials, got.any, got.throughput)
		if got.any > trials*5/100 {
			t.Errorf("%s: %d of %d comparisons of equal runs found a change, at most 5 in 100 may", name, got.any, trials)
		}
	}
}

// Both scenarios together are held to the same 5 in 100.
func TestEqualRunsOfTwoScenarios(t *testing.T) {
	const trials = 1000
	both := func(r *rand.Rand, name string) Side {
		s := quiet().side(r, name, 5, 0)
		for _, record := range s.Records {
			record.Scenario1 = quiet().run(r, 0).Scenario2
		}
		return s
	}
	got := simulate(t, trials, defaults(), func(r *rand.Rand) []Side { return []Side{both(r, "a"), both(r, "b")} })
	t.Logf("%d of %d", got.any, trials)
	if got.any > trials*5/100 {
		t.Errorf("%d of %d comparisons of equal runs found a change, at most 5 in 100 may", got.any, trials)
	}
}

func TestShiftOfThroughputIsFound(t *testing.T) {
	const trials = 400
	for name, c := range map[string]struct {
		world       world
		least, most int // found, of 100
	}{
		"quiet":  {quiet(), 80, 100},
		"loaded": {loaded(), 0, 15}, // the manual says that this is hopeless
	} {
		for _, factor := range []float64{0.95, 1.05} {
			got := simulate(t, trials, defaults(), func(r *rand.Rand) []Side {
				return []Side{c.world.side(r, "a", 5, 0), c.world.side(r, "b", 5, math.Log(factor))}
			})
			t.Logf("%s: x %v is found in %d of %d", name, factor, got.throughput, trials)
			if found := 100 * got.throughput / trials; found < c.least || found > c.most {
				t.Errorf("%s: x %v is found %d times in 100, want %d to %d", name, factor, found, c.least, c.most)
			}
		}
	}
}

// single is a side of one run.
func single(name string, r *bench.Record) Side {
	return Side{Name: name, Files: []string{name}, Records: []*bench.Record{r}}
}

func TestSingleRunsCompareAsEqual(t *testing.T) {
	const trials = 100
	w := world{between: DefaultRunNoise, within: 0.1, lag: 0.5, seconds: 40}
	sides := func(r *rand.Rand) []Side {
		return []Side{single("a", w.timed(r, 0, 100)), single("b", w.timed(r, 0, 100))}
	}
	if got := simulate(t, trials, defaults(), sides); got.any > trials*5/100 {
		t.Errorf("%d of %d comparisons of equal runs found a change, at most 5 in 100 may", got.any, trials)
	}
	// Without the assumed noise between runs it would be far more: the simulation can tell.
	o := defaults()
	o.RunNoise = 0
	if got := simulate(t, 30, o, sides); got.any < 6 {
		t.Errorf("with no noise between runs assumed, %d of 30 found a change; want 6 or more", got.any)
	}
}

func TestSingleRunsShowALargeShift(t *testing.T) {
	w := world{between: DefaultRunNoise, within: 0.1, lag: 0.5, seconds: 40}
	got := simulate(t, 20, defaults(), func(r *rand.Rand) []Side {
		return []Side{single("a", w.timed(r, 0, 100)), single("b", w.timed(r, math.Log(0.5), 100))}
	})
	if got.throughput < 16 {
		t.Errorf("half the throughput was found in %d of 20", got.throughput)
	}
}
