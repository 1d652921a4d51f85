package cost

import (
	"math"
	"testing"
)

func near(got, want, within float64) bool { return math.Abs(got-want) <= within }

func repeat(n, size int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = size
	}
	return rows
}

// The figures are worked by hand from DSQL's formula.
func TestDPU(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"a transaction counts as 1,024 bytes written", WriteDPU(700), 0.05000192},             // 1024 x 0.00004883
		{"a large row counts as it is", WriteDPU(2000), 0.09766},                               // 2000 x 0.00004883
		{"a small row counts as 128 bytes", WriteDPU(repeat(100, 50)...), 0.625024},            // 12800 x 0.00004883
		{"a batch", WriteDPU(repeat(100, 700)...), 3.4181},                                     // 70000 x 0.00004883
		{"nothing found reads 2,048 bytes", ReadDPU(0), 0.0037499904},                          // 2048 x 0.00000183105
		{"a megabyte read", ReadDPU(1_000_000), 1.83105},                                       // 10^6 x 0.00000183105
		{"computing one row", ComputeDPU(1), 0.0082},                                           // 6.5 ms + 1.7 ms
		{"computing 100 rows", ComputeDPU(100), 0.1765},                                        // 6.5 ms + 170 ms
		{"one insert", insertDPU(700), 0.0619519104},                                           // 0.05000192 + 0.0037499904 + 0.0082
		{"a batch of 100, each row", insertDPU(repeat(100, 700)...) / 100, 3.5983499904 / 100}, // 3.4181 + 0.0037499904 + 0.1765
	} {
		if !near(c.got, c.want, 1e-12) {
			t.Errorf("%s: %.12f, want %.12f", c.name, c.got, c.want)
		}
	}
}

// TestMeasured holds the assumed computing to what was measured at a cluster.
func TestMeasured(t *testing.T) {
	if got := insertDPU(700); !near(got, 0.062, 0.0005) {
		t.Errorf("an insert of 700 bytes: %.4f DPU, measured 0.062", got)
	}
	if got := insertDPU(repeat(100, 700)...) / 100; !near(got, 0.036, 0.0005) {
		t.Errorf("a row of 700 bytes in a batch of 100: %.4f DPU, measured 0.036", got)
	}
}
