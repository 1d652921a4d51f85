package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dull are figures that don't differ between runs, but for how they are reckoned.
func dull(runs int) map[string][]float64 {
	all := map[string][]float64{
		"a hundred": make([]float64, runs), "a third": make([]float64, runs), "zero": make([]float64, runs),
		"nearly a tenth": make([]float64, runs), "large": make([]float64, runs), "tiny": make([]float64, runs),
	}
	for i := range runs {
		all["a hundred"][i], all["a third"][i], all["large"][i], all["tiny"][i] = 100, 1.0/3, 1e300, 5e-324
		all["nearly a tenth"][i] = 0.1
		if i%3 == 0 {
			all["nearly a tenth"][i] = math.Nextafter(0.1, 1)
		}
	}
	return all
}

// A figure that is the same in every run changes no decision about the others.
func TestConstantColumnsChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 4))
	for n := 2; n <= 20; n++ {
		for m := n; m <= 20; m++ {
			moved := append(normals(r, n, 20), normals(r, m, 22)...)
			want := stepDown([][]float64{moved}, n)[0]
			columns := [][]float64{moved}
			for _, c := range dull(n + m) {
				columns = slices.Insert(columns, r.IntN(len(columns)+1), c)
			}
			for i, got := range stepDown(columns, n) {
				of := want
				if columns[i][1] != moved[1] {
					of = 1
				}
				if got != of {
					t.Fatalf("%d against %d: p of %v is %v, want %v", n, m, columns[i], got, of)
				}
			}
		}
	}
}

// Figures of any size are compared alike.
func TestStepDownKnowsNoUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 50 {
		column := append(normals(r, 5, 0), normals(r, 4, 1)...)
		want := stepDown([][]float64{column}, 5)
		for _, factor := range []float64{0x1p-900, 0x1p-40, 0x1p40, 0x1p900} {
			scaled := make([]float64, len(column))
			for i, v := range column {
				scaled[i] = v * factor
			}
			if diff := cmp.Diff(want, stepDown([][]float64{scaled}, 5)); diff != "" {
				t.Errorf("times %v: %s", factor, diff)
			}
		}
	}
}

// delayed are runs of n against m whose percentiles are those of 20 ms against 22 ms
// and whose other figures are equal.
func delayed(r *rand.Rand, n, m int, delay float64) []Side {
	w := world{between: 0.005, within: 0.01, seconds: 30}
	a, b := w.side(r, "a", n, 0), w.side(r, "b", m, 0)
	for _, record := range b.Records {
		l := &record.Scenario2.StatementLatency
		for _, p := range []*float64{l.P50, l.P90, l.P95, l.P99, l.P999} {
			*p *= delay
		}
	}
	return []Side{a, b}
}

// Statements that take a tenth longer are found with any number of runs that can
// find anything, and so is what is thrice as slow.
func TestDelayIsFoundAtEverySize(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for n := 5; n <= 12; n++ {
		for m := 5; m <= 12; m++ {
			for _, delay := range []float64{1.1, 3} {
				c, err := Compare(delayed(r, n, m, delay), defaults())
				if err != nil {
					t.Fatal(err)
				}
				gate, err := ParseGate("5%")
				if err != nil {
					t.Fatal(err)
				}
				got := c.Regressions(gate)
				if got.Open != nil || len(got.Found) != 4 { // p50, p90, p95 and p99
					t.Errorf("%d against %d, times %v: %+v", n, m, delay, got)
				}
			}
		}
	}
}

// The word of a figure goes by what was tested, also where the medians are equal.
func TestWordOfEqualMedians(t *testing.T) {
	for name, c := range map[string]struct {
		old, new float64
		shift    float64
		better   direction
		want     Word
	}{
		"fewer is better, mean rises":  {0, 0, 1, lower, Worse},
		"fewer is better, mean falls":  {0, 0, -1, lower, Better},
		"more is better, mean falls":   {100, 100, -1, higher, Worse},
		"more is better, both rise":    {100, 101, 1, higher, Better},
		"median and mean contradict":   {100, 101, -1, higher, NoChange},
		"nothing moved but the chance": {100, 100, 0, higher, NoChange},
	} {
		p := 0.001
		r := Row{Better: c.better, AdjustedP: &p, shift: c.shift, Old: Value{Center: &c.old}, New: Value{Center: &c.new}}
		changed := r.judge(0.01)
		if r.Word != c.want || changed != (c.want != NoChange) {
			t.Errorf("%s: %s, want %s", name, r.Word, c.want)
		}
	}
}
