package compare

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchmath"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

func normals(r *rand.Rand, n int, shift float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = shift + r.NormFloat64()
	}
	return all
}

// On ranks, one column's adjusted p is Mann and Whitney's exact one.
func TestStepDownOfRanksIsMannWhitney(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 100 {
		a, b := normals(r, 4+trial%3, 0), normals(r, 5, float64(trial%4))
		want := benchmath.AssumeNothing.Compare(sample(a), sample(b)).P
		got := stepDown([][]float64{midranks(append(append([]float64{}, a...), b...))}, len(a))[0]
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("trial %d: %v, Mann-Whitney %v", trial, got, want)
		}
	}
}

// The adjusted p is at least the p of the column by itself, at most their sum,
// and a copy of a column costs nothing.
func TestStepDownBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 50 {
		columns := [][]float64{normals(r, 10, 0), normals(r, 10, 0), normals(r, 10, 0)}
		for i := range 5 {
			columns[trial%3][i] += 2
		}
		sum := 0.0
		var alone []float64
		for _, c := range columns {
			p := stepDown([][]float64{c}, 5)[0]
			alone, sum = append(alone, p), sum+p
		}
		got := stepDown(columns, 5)
		for i, p := range got {
			if p < alone[i]-1e-9 || p > sum+1e-9 {
				t.Fatalf("trial %d: adjusted %v, alone %v", trial, got, alone)
			}
		}
		twice := stepDown([][]float64{columns[0], columns[0]}, 5)
		if diff := cmp.Diff([]float64{alone[0], alone[0]}, twice); diff != "" {
			t.Fatalf("trial %d: -alone +twice\n%s", trial, diff)
		}
	}
}

func TestStepDownOfConstants(t *testing.T) {
	same := []float64{7, 7, 7, 7, 7, 7, 7, 7}
	apart := []float64{1, 1, 1, 1, 2, 2, 2, 2}
	got := stepDown([][]float64{same, apart}, 4)
	if want := []float64{1, 2.0 / 70}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Many runs are labelled at random; the p stays what it is.
func TestManyLabelings(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	values := append(normals(r, 12, 0), normals(r, 12, 0.8)...)
	want := benchmath.AssumeNothing.Compare(sample(values[:12]), sample(values[12:])).P
	got := stepDown([][]float64{midranks(values)}, 12)[0]
	if math.Abs(got-want) > 0.01 {
		t.Errorf("%v, Mann-Whitney %v", got, want)
	}
	if got := stepDown([][]float64{append(normals(r, 12, 0), normals(r, 12, 50)...)}, 12)[0]; got <= 0 || got > 0.001 {
		t.Errorf("p of what can't be chance: %v", got)
	}
}

func TestLeastRuns(t *testing.T) {
	for level, want := range map[float64]int{0.05: 4, 0.05 * primaryShare: 4, 0.05 * (1 - primaryShare): 5, 0.01: 5} {
		if got := leastRuns(level); got != want {
			t.Errorf("level %v: %d runs a side, want %d", level, got, want)
		}
	}
}

func TestMidranks(t *testing.T) {
	got := midranks([]float64{5, 1, 5, 9, 5})
	if want := []float64{3, 1, 3, 5, 3}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The variance of a series' mean, as estimated, is on the mean the true one.
func TestSeriesMeanIsAsUncertainAsItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, lag := range []float64{0, 0.3, 0.6} {
		w := world{within: 0.1, lag: lag, seconds: 120}
		true_, estimated, n := 0.0, 0.0, 0.0
		for range 2000 {
			series := w.series(r)
			for i := range series {
				series[i]++
			}
			mean, variance, _, err := seriesMean(series)
			if err != nil {
				continue
			}
			true_ += (mean - 1) * (mean - 1)
			estimated += variance
			n++
		}
		if ratio := estimated / true_; n < 1990 || ratio < 0.9 || ratio > 1.25 {
			t.Errorf("lag %v: estimated variance is %.2f of the true one, in %v series", lag, ratio, n)
		}
	}
}

// The bootstrap's variance is that of percentiles of new samples, or somewhat
// above: that of tail percentiles is known to be.
func TestBootstrapIsTheSamplingVariance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	draw := func(n int) *latency.Histogram {
		h := latency.New()
		for range n {
			h.Record(time.Duration(50e6 * math.Exp(0.5*r.NormFloat64())))
		}
		return h
	}
	for _, p := range []float64{50, 90, 99} {
		var logs []float64
		estimated := 0.0
		const trials = 150
		for range trials {
			h := draw(2000)
			logs = append(logs, math.Log(h.Percentile(p).Seconds()))
			estimated += bootstrap(h, p, 2000) / trials
		}
		if _, variance := moments(logs); estimated < 0.7*variance || estimated > 1.6*variance {
			t.Errorf("p%v: bootstrap says %v, new samples vary by %v", p, estimated, variance)
		}
	}
}

func TestSteadySeconds(t *testing.T) {
	line := func(rows ...int64) (all []bench.TimelineSecond) {
		for i, n := range rows {
			all = append(all, bench.TimelineSecond{Second: int64(i), Rows: new(n)})
		}
		return all
	}
	for name, c := range map[string]struct{ rows, want []int64 }{
		"partial ends":   {[]int64{3, 100, 100, 100, 7}, []int64{100, 100, 100}},
		"ramps":          {[]int64{3, 10, 40, 100, 0, 100, 100, 100, 100, 30, 2}, []int64{100, 0, 100, 100, 100, 100}},
		"nothing inside": {[]int64{3, 100}, nil},
		"empty":          {nil, nil},
	} {
		var got []int64
		for _, t := range steadySeconds(line(c.rows...)) {
			got = append(got, *t.Rows)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
