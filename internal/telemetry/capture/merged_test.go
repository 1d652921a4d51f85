package capture

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

func testInstruments() *Instruments {
	return newInstruments(testDatabase(), bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 1}, "INSERT")
}

// arrive is what seconds become on their way from an invocation to the driver.
func arrive(t *testing.T, seconds []*second) *metricpb.ResourceMetrics {
	t.Helper()
	metrics, points := testInstruments().encode(seconds)
	data, err := proto.Marshal(&metricpb.ResourceMetrics{ScopeMetrics: []*metricpb.ScopeMetrics{{Metrics: metrics}}})
	if err != nil {
		t.Fatal(err)
	}
	var m metricpb.ResourceMetrics
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	var sent int64
	for _, s := range seconds {
		sent += int64(len(s.points))
	}
	if points != sent {
		t.Errorf("%d points told, %d made", points, sent)
	}
	return &m
}

// observation is one measurement of the model that the set is compared with.
type observation struct {
	unix     int64
	series   series
	duration time.Duration // of a histogram
	count    int64         // of a counter
}

func (o observation) record(r *recorder) {
	at := time.Unix(o.unix, 500)
	if telemetry.Metrics()[o.series.metric].Kind == telemetry.HistogramKind {
		r.duration(at, o.series, o.duration)
		return
	}
	r.count(at, o.series.metric, o.series.label, o.count)
}

// observations are n random ones in the seconds first to first + span - 1. Sums
// of their durations are exact: multiples of a 512th of a second.
func observations(random *rand.Rand, n int, first, span int64) []observation {
	kinds := []series{
		{metric: telemetry.OperationDuration},
		{metric: telemetry.OperationDuration, slow: true},
		{metric: telemetry.OperationDuration, label: "40001"},
		{metric: telemetry.OperationDuration, label: "40001", slow: true},
		{metric: telemetry.PhaseDuration, label: "query"},
		{metric: telemetry.PhaseDuration, label: "query", slow: true},
		{metric: telemetry.PhaseDuration, label: "acquire"},
		{metric: telemetry.RowsWritten, label: "acknowledged"},
		{metric: telemetry.RowsWritten, label: "failed"},
		{metric: telemetry.AttemptsMade},
		{metric: telemetry.ConnectionCreate},
		{metric: telemetry.ConnectionsOpen},
	}
	all := make([]observation, n)
	for i := range all {
		all[i].series = kinds[random.IntN(len(kinds))]
		all[i].unix = first + random.Int64N(span)
		all[i].duration = time.Duration(random.Int64N(5000)) * (time.Second / 512)
		all[i].count = random.Int64N(20)
		if all[i].series.metric == telemetry.ConnectionsOpen {
			all[i].count -= 10
		}
	}
	return all
}

// total is what a series holds after some observations.
type total struct {
	sum       int64
	histogram telemetry.Histogram
}

// totals are those of the observations that ended before the second end.
func totals(all []observation, end int64) map[series]total {
	out := map[series]total{}
	for _, o := range all {
		if o.unix >= end {
			continue
		}
		t := out[o.series]
		if telemetry.Metrics()[o.series.metric].Kind == telemetry.HistogramKind {
			t.histogram.Record(o.duration.Seconds())
		} else {
			t.sum += o.count
		}
		out[o.series] = t
	}
	return out
}

// taken gathers what Take answers, and checks what must hold of every series.
type taken struct {
	t      *testing.T
	last   map[series]total
	times  map[series][]int64
	values map[series]map[int64]total // by the second at whose end they stood
}

func newTaken(t *testing.T) *taken {
	return &taken{t: t, last: map[series]total{}, times: map[series][]int64{}, values: map[series]map[int64]total{}}
}

func (a *taken) add(m metricdata.ScopeMetrics) {
	all := telemetry.Metrics()
	for _, of := range m.Metrics {
		i := slices.IndexFunc(all, func(d telemetry.Metric) bool { return d.Name == of.Name })
		switch d := of.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				a.point(i, p.Attributes, p.Time, total{sum: p.Value})
			}
		case metricdata.ExponentialHistogram[float64]:
			for _, p := range d.DataPoints {
				low, _ := p.Min.Value()
				high, _ := p.Max.Value()
				a.point(i, p.Attributes, p.Time, total{histogram: telemetry.Histogram{
					Count: p.Count, Zero: p.ZeroCount, Sum: p.Sum, Min: low, Max: high,
					Offset: p.PositiveBucket.Offset, Counts: slices.Clone(p.PositiveBucket.Counts),
				}})
			}
		default:
			a.t.Errorf("%s has data of type %T", of.Name, d)
		}
	}
}

func (a *taken) point(i int, attributes attribute.Set, at time.Time, v total) {
	slow, _ := attributes.Value(telemetry.KeySlow)
	s := series{metric: telemetry.MetricID(i), slow: slow.AsBool()}
	if label := telemetry.Metrics()[i].Label; label != "" {
		text, _ := attributes.Value(label)
		s.label = text.AsString()
	}
	a.times[s] = append(a.times[s], at.Unix())
	a.last[s] = v
	if a.values[s] == nil {
		a.values[s] = map[int64]total{}
	}
	a.values[s][at.Unix()-1] = v
}

// check wants each series to have one point for each second from its first on.
func (a *taken) check() {
	a.t.Helper()
	for s, times := range a.times {
		for i := 1; i < len(times); i++ {
			if times[i] != times[i-1]+1 {
				a.t.Fatalf("%v: a point of %d comes after one of %d", s, times[i], times[i-1])
			}
		}
	}
}

var sameTotal = gocmp.Options{gocmp.AllowUnexported(total{}, series{}), cmpopts.EquateEmpty()}

// Whatever the order in which parts come and the times at which they are taken,
// nothing is lost or counted twice; what comes late is counted as such.
func TestSetTotals(t *testing.T) {
	t.Parallel()
	const first, span = int64(1_700_000_000), int64(20)
	for _, tc := range []struct {
		name  string
		seed  uint64
		early bool // takes before everything has come
	}{
		{"taken at the end", 1, false},
		{"taken in between", 2, true},
		{"taken in between, in another order", 3, true},
		{"and another", 4, true},
		{"and another", 5, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(tc.seed, 7))
			all := observations(random, 3000, first, span)
			workers := make([]recorder, 12)
			for _, o := range all {
				o.record(&workers[random.IntN(len(workers))])
			}
			set, got := telemetry.NewSet(time.Unix(first-5, 0)), newTaken(t)
			var late, unreadable int64
			end := first - 5
			for _, i := range random.Perm(len(workers)) {
				seconds := workers[i].take()
				for _, s := range seconds {
					if s.unix < end {
						late += int64(len(s.points))
					}
				}
				unreadable += set.Merge(arrive(t, seconds))
				if tc.early && random.IntN(2) == 0 {
					end = max(end, first+random.Int64N(span))
					got.add(set.Take(end))
				}
			}
			got.add(set.Take(max(end, set.Last()+1)))
			got.check()
			if diff := gocmp.Diff(totals(all, math.MaxInt64), got.last, sameTotal); diff != "" {
				t.Error(diff)
			}
			if set.Late != late || unreadable != 0 {
				t.Errorf("%d late and %d unreadable points, want %d and none", set.Late, unreadable, late)
			}
			if tc.early && late == 0 {
				t.Error("none came late: the test tests nothing")
			}
		})
	}
}

// What isn't late is in the second in which it happened.
func TestSetSeconds(t *testing.T) {
	t.Parallel()
	const first, span = int64(1_700_000_000), int64(10)
	random := rand.New(rand.NewPCG(8, 9))
	all := observations(random, 1000, first, span)
	slices.SortStableFunc(all, func(a, b observation) int { return cmp.Compare(a.unix, b.unix) })
	set, got := telemetry.NewSet(time.Unix(first, 0)), newTaken(t)
	for unix := first; unix < first+span; unix++ { // each second is taken once all of it has come
		var workers [2]recorder
		for _, o := range all {
			if o.unix == unix {
				o.record(&workers[random.IntN(len(workers))])
			}
		}
		for i := range workers {
			set.Merge(arrive(t, workers[i].take()))
		}
		if random.IntN(2) == 0 {
			got.add(set.Take(unix + 1))
		}
	}
	got.add(set.Take(first + span + 2)) // two seconds in which nothing happened
	got.check()
	for unix := first; unix < first+span+2; unix++ {
		for s, want := range totals(all, unix+1) {
			if diff := gocmp.Diff(want, got.values[s][unix], sameTotal); diff != "" {
				t.Fatalf("%v at the end of second %d: %s", s, unix-first, diff)
			}
		}
	}
	if set.Late != 0 {
		t.Errorf("%d points were late", set.Late)
	}
}

// What comes late is in the first second that was not taken yet.
func TestSetLate(t *testing.T) {
	t.Parallel()
	one := func(unix uint64) *metricpb.ResourceMetrics {
		return telemetrytest.Sums("dsqlload.rows", &metricpb.NumberDataPoint{StartTimeUnixNano: unix * 1e9, Value: &metricpb.NumberDataPoint_AsInt{AsInt: 1}})
	}
	set := telemetry.NewSet(time.Unix(100, 0))
	set.Merge(one(100))
	set.Take(105)
	set.Merge(one(101))
	set.Merge(one(104))
	set.Merge(one(105))
	var got [][2]int64
	for _, p := range set.Take(107).Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		got = append(got, [2]int64{p.Time.Unix(), p.Value})
	}
	if diff := gocmp.Diff([][2]int64{{106, 4}, {107, 4}}, got); diff != "" || set.Late != 2 {
		t.Errorf("%d late: %s", set.Late, diff)
	}
}

// Of each doubling the slowest stands for all, across workers too, and each is
// told once.
func TestExemplars(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 11))
	const unix = int64(1_700_000_000)
	set := telemetry.NewSet(time.Unix(unix, 0))
	want := map[int]float64{}
	ids := map[float64]trace.SpanID{}
	for range 5 {
		var r recorder
		for range 300 {
			at := time.Unix(unix, random.Int64N(1e9))
			d := time.Duration(math.Exp(random.NormFloat64()*2) * 1e6)
			e := telemetry.Exemplar{Value: d.Seconds(), Nanos: at.UnixNano(), Trace: telemetrytest.TraceID, Span: trace.SpanID(binary.NativeEndian.AppendUint64(nil, random.Uint64()|1))}
			r.duration(at, series{metric: telemetry.OperationDuration}, d).Exemplify(e)
			_, doubling := math.Frexp(e.Value)
			if e.Value > want[doubling] {
				want[doubling], ids[e.Value] = e.Value, e.Span
			}
		}
		set.Merge(arrive(t, r.take()))
	}
	points := set.Take(unix + 2).Metrics[0].Data.(metricdata.ExponentialHistogram[float64]).DataPoints
	if len(points) != 2 || len(points[1].Exemplars) != 0 {
		t.Fatalf("%d points, want 2, the second without exemplars", len(points))
	}
	got := map[int]float64{}
	for _, e := range points[0].Exemplars {
		_, doubling := math.Frexp(e.Value)
		if _, twice := got[doubling]; twice {
			t.Errorf("two exemplars in doubling %d", doubling)
		}
		got[doubling] = e.Value
		if id := ids[e.Value]; trace.SpanID(e.SpanID) != id || trace.TraceID(e.TraceID) != telemetrytest.TraceID {
			t.Errorf("%v stands for span %x, want %s", e.Value, e.SpanID, id)
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.IsSortedFunc(points[0].Exemplars, func(a, b metricdata.Exemplar[float64]) int { return a.Time.Compare(b.Time) }) {
		t.Error("not in the order of time")
	}
}
