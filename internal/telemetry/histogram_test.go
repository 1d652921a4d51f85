package telemetry

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sdkHistogram is what OpenTelemetry's SDK makes of values.
func sdkHistogram(t *testing.T, values ...float64) Histogram {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	view := sdkmetric.NewView(sdkmetric.Instrument{Name: "h"}, sdkmetric.Stream{
		Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 100_000, MaxScale: Scale},
	})
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(view))
	h, err := provider.Meter("").Float64Histogram("h")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		h.Record(context.Background(), v)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	data := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.ExponentialHistogram[float64])
	p := data.DataPoints[0]
	if p.Scale != Scale {
		t.Fatalf("the SDK chose scale %d", p.Scale)
	}
	low, _ := p.Min.Value()
	high, _ := p.Max.Value()
	return Histogram{
		Count: p.Count, Zero: p.ZeroCount, Sum: p.Sum, Min: low, Max: high, Offset: p.PositiveBucket.Offset, Counts: p.PositiveBucket.Counts,
	}
}

func recorded(values ...float64) (h Histogram) {
	for _, v := range values {
		h.Record(v)
	}
	return h
}

var SameHistogram = cmp.Options{cmp.AllowUnexported(Histogram{}), cmpopts.EquateEmpty()}

// equal is quicker than cmp, which explains.
func equal(a, b Histogram) bool {
	return a.Count == b.Count && a.Zero == b.Zero && a.Sum == b.Sum && a.Min == b.Min && a.Max == b.Max &&
		a.Offset == b.Offset && slices.Equal(a.Counts, b.Counts)
}

// fromBoundary is how far v is from the nearest bound of a bucket, in buckets.
func fromBoundary(v float64) float64 {
	fraction, _ := math.Frexp(v)
	position := math.Log2(fraction) * (1 << Scale)
	return math.Abs(position - math.Round(position))
}

func TestHistogramIsTheSDKs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	repeat := func(n int, value func() float64) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = value()
		}
		return values
	}
	for _, tc := range []struct {
		name  string
		sets  int
		value func() float64
	}{
		{"latencies of milliseconds", 40, func() float64 { return math.Exp(random.NormFloat64()*1.5) * 1e-3 }},
		{"whole microseconds", 40, func() float64 { return float64(random.Int64N(10_000_000)) / 1e6 }},
		{"powers of two", 10, func() float64 { return math.Ldexp(1, random.IntN(60)-30) }},
		{"powers of two and their neighbours", 10, func() float64 {
			return math.Nextafter(math.Ldexp(1, random.IntN(20)-10), float64(random.IntN(3)-1)*1e9)
		}},
		{"with zeros", 10, func() float64 { return float64(random.IntN(3)) }},
		{"tiny", 5, func() float64 { return math.Ldexp(random.Float64()+0.5, -1000-random.IntN(73)) }},
		{"huge", 5, func() float64 { return math.Ldexp(random.Float64()+0.5, 900+random.IntN(60)) }},
		{"all sizes of numbers", 5, func() float64 { return math.Ldexp(random.Float64()+0.5, random.IntN(1900)-1000) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for range tc.sets {
				values := repeat(1+random.IntN(1000), tc.value)
				got, want := recorded(values...), sdkHistogram(t, values...)
				if !equal(want, got) && !onlyBoundaries(t, values) {
					t.Fatalf("%d values: %s", len(values), cmp.Diff(want, got, SameHistogram))
				}
			}
		})
	}
}

// onlyBoundaries reports whether ours and the SDK's buckets differ only where a
// logarithm's rounding decides, and there by one.
func onlyBoundaries(t *testing.T, values []float64) bool {
	t.Helper()
	for _, v := range values {
		if v <= 0 {
			continue
		}
		ours, theirs := bucketOf(v), sdkHistogram(t, v).Offset
		if ours == theirs {
			continue
		}
		if fromBoundary(v) > 1e-12 || max(ours-theirs, theirs-ours) > 1 {
			t.Logf("%v in bucket %d, the SDK's is %d", v, ours, theirs)
			return false
		}
	}
	return true
}

// A bucket holds what lies above its lower bound, up to its upper one.
func TestBucketOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		value float64
		want  int32
	}{
		{"one", 1, -1},
		{"just above one", math.Nextafter(1, 2), 0},
		{"just below one", math.Nextafter(1, 0), -1},
		{"two", 2, 31},
		{"a half", 0.5, -33},
		{"three", 3, 50}, // 2^(50/32) = 2.95, 2^(51/32) = 3.02
		{"a microsecond", 1e-6, -638},
		{"a minute", 60, 189},
		{"least number", math.SmallestNonzeroFloat64, -1074*32 - 1},
		{"greatest number", math.MaxFloat64, 1024*32 - 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := bucketOf(tc.value); got != tc.want {
				t.Errorf("bucket %d, want %d", got, tc.want)
			}
		})
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		v := math.Ldexp(random.Float64()+0.5, random.IntN(1000)-500)
		i := bucketOf(v)
		// Powers of two are told apart so that no bound is rounded.
		_, exponent := math.Frexp(v)
		scaled := math.Ldexp(v, -exponent)
		low, high := math.Exp2(float64(i)/32-float64(exponent)), math.Exp2(float64(i+1)/32-float64(exponent))
		if scaled < low*(1-1e-12) || scaled > high*(1+1e-12) {
			t.Fatalf("%v in bucket %d of (%v, %v] * 2^%d", v, i, low, high, exponent)
		}
	}
}

// The sum is exact for these: multiples of 2^-20.
func dyadic(random *rand.Rand) float64 {
	return float64(random.Int64N(1<<(1+random.IntN(34)))) / (1 << 20)
}

func TestMergeOfSplit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		parts := make([]Histogram, 1+random.IntN(8)) // some stay empty
		var whole Histogram
		for range random.IntN(500) {
			v := dyadic(random)
			whole.Record(v)
			parts[random.IntN(len(parts))].Record(v)
		}
		before := make([]Histogram, len(parts))
		for i := range parts {
			before[i] = parts[i]
			before[i].Counts = slices.Clone(parts[i].Counts)
		}
		var merged Histogram
		for _, i := range random.Perm(len(parts)) {
			merged.merge(&parts[i])
		}
		if !equal(whole, merged) {
			t.Fatal(cmp.Diff(whole, merged, SameHistogram))
		}
		if !slices.EqualFunc(before, parts, equal) {
			t.Fatalf("merging changed a part: %s", cmp.Diff(before, parts, SameHistogram))
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		a, b, want []float64
	}{
		{"nothing", nil, nil, nil},
		{"nothing to something", []float64{1, 2}, nil, []float64{1, 2}},
		{"something to nothing", nil, []float64{1, 2}, []float64{1, 2}},
		{"only zeros", []float64{0}, []float64{0, 0}, []float64{0, 0, 0}},
		{"zeros to values", []float64{4}, []float64{0}, []float64{4, 0}},
		{"far below", []float64{1024}, []float64{0.001953125}, []float64{1024, 0.001953125}},
		{"far above", []float64{0.001953125}, []float64{1024}, []float64{0.001953125, 1024}},
		{"around", []float64{1}, []float64{0.5, 2}, []float64{1, 0.5, 2}},
		{"within", []float64{0.5, 2}, []float64{1}, []float64{0.5, 2, 1}},
		{"below zero counts as zero", []float64{-1}, nil, []float64{-1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, b := recorded(tc.a...), recorded(tc.b...)
			got.merge(&b)
			if diff := cmp.Diff(recorded(tc.want...), got, SameHistogram); diff != "" {
				t.Error(diff)
			}
			if got.Count != uint64(len(tc.want)) {
				t.Errorf("%d values, want %d", got.Count, len(tc.want))
			}
		})
	}
}

// The median lies within 1.1 % of the lower middle value.
func TestMedian(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for n := range 400 {
		var values []float64
		for range n {
			values = append(values, math.Exp(random.NormFloat64()*3)*1e-3)
		}
		h := recorded(values...)
		slices.Sort(values)
		want := 0.0
		if n > 0 {
			want = values[(n-1)/2]
		}
		if got := h.Median(); math.Abs(got-want) > want*0.011 {
			t.Fatalf("%d values: %v, want %v", n, got, want)
		}
	}
	for want, values := range map[float64][]float64{0: {0, 0, 0, 5}, 0.25: {0.25}, 3: {3, 3, 3}} {
		if h := recorded(values...); h.Median() != want {
			t.Errorf("%v: %v, want %v", values, h.Median(), want)
		}
	}
}
