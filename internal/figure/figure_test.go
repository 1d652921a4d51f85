package figure_test

import (
	"testing"

	"dsql-load-test/internal/figure"
)

func TestMs(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00 ms", 9.994: "9.99 ms", 12.34: "12.3 ms", 123.4: "123 ms", 1234: "1.23 s", 12_340: "12.3 s", 900_000: "900.0 s", -0.5: "-0.50 ms", -12_340: "-12.3 s",
	} {
		if got := figure.Ms(&v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := figure.Ms(nil); got != "n/a" {
		t.Errorf("nothing: %s", got)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1_010_000: "1,010,000", -1000: "-1,000", -100: "-100"} {
		if got := figure.Count(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
