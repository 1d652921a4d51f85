package figure_test

import (
	"math"
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

func TestDecimal(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 7: "7", 0.5: "0.50", 1234.567: "1,234.57", 12345.6: "12,346", 1_010_000: "1,010,000", -3.25: "-3.25",
		-0.5: "-0.50", -0.001: "0.00", 0.999: "1.00", -1234.567: "-1,234.57", -12345.6: "-12,346", -7: "-7", 9999.999: "10,000.00", 1e18: "1e+18", math.Inf(-1): "-Inf",
	} {
		if got := figure.Decimal(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}

func TestExact(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, "rows", "0 rows"},
		{50.04, "ms", "50.04 ms"},
		{1000.4, "ms", "1,000.4 ms"},
		{999.9999, "ms", "1,000 ms"},
		{46560.25, "rows/s", "46,560.25 rows/s"},
		{99.99, "%", "99.99 %"},
		{100, "%", "100 %"},
		{-0.5, "", "-0.5"},
		{-0.0001, "", "0"},
		{1e300, "", "1e+300"},
		{0.5, "USD", "$0.5"},
		{0.000341, "USD", "$0.000341"},
		{1234, "USD", "$1234"},
		{100, "USD", "$100"},
	} {
		if got := figure.Exact(&c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	if got := figure.Exact(nil, "ms"); got != "n/a" {
		t.Errorf("nothing: %q", got)
	}
}

func TestUSD(t *testing.T) {
	for want, v := range map[string]float64{"$0.00": 0, "$0.000341": 0.0003412, "$0.0113": 0.01126, "$12.3457": 12.34567, "$1234.57": 1234.567, "-$0.0113": -0.01126, "-$1234.57": -1234.567} {
		if got := figure.USD(&v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
