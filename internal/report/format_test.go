package report

import "testing"

func TestValue(t *testing.T) {
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
		if got := value(&c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	if got := value(nil, "ms"); got != "n/a" {
		t.Errorf("nothing: %q", got)
	}
}

func TestLambdas(t *testing.T) {
	for want, indices := range map[string][]int{
		"Lambda 3": {3}, "Lambda 3 and 7": {3, 7}, "Lambda 3, 7 and 9": {3, 7, 9}, "Lambda 3, 7 and 2 more": {3, 7, 9, 11},
	} {
		if got := lambdas(indices); got != want {
			t.Errorf("%v: %q, want %q", indices, got, want)
		}
	}
}

func TestDollars(t *testing.T) {
	for want, v := range map[string]float64{"$0.00": 0, "$0.000341": 0.0003412, "$0.0113": 0.01126, "$12.3457": 12.34567, "$1234.57": 1234.567, "-$0.0113": -0.01126, "-$1234.57": -1234.567} {
		if got := dollars(&v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
