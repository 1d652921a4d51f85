package lambda_test

import (
	"testing"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/lambda"
)

// Faults come as often as they were asked for, in the same order for a seed, and
// are counted.
func TestFaults(t *testing.T) {
	t.Parallel()
	const calls = 60
	run := func(seed int64) (outcomes string, injected map[string]int64) {
		f := start(t, func(o *lambda.Options) {
			o.Faults, o.Seed = fault.List{{Name: fault.Throttle, Probability: 0.2}, {Name: fault.Crash, Probability: 0.2}}, seed
		})
		for range calls {
			out, err := f.send("load", order{Do: "echo"}, "")
			switch {
			case err != nil:
				outcomes += "t"
			case out.FunctionError != nil:
				outcomes += "c"
			default:
				outcomes += "."
			}
		}
		return outcomes, f.service.Injected()
	}
	first, injected := run(1)
	if again, _ := run(1); again != first {
		t.Errorf("the same seed gives\n%s and\n%s", first, again)
	}
	if other, _ := run(2); other == first {
		t.Errorf("another seed gives the same: %s", first)
	}
	count := map[rune]int64{}
	for _, o := range first {
		count[o]++
	}
	if count['t'] != injected["throttle"] || count['t'] < 3 || count['c'] < 3 || count['c'] != injected["crash"] {
		t.Errorf("%s: injected %v", first, injected)
	}
}
