package sum

import (
	"testing"

	"dsql-load-test/internal/bench"
)

// A description says the size that runs, or what the user wrote.
func TestDescription(t *testing.T) {
	for _, c := range []struct {
		name              string
		change            func(*bench.Config)
		individual, batch string
	}{
		{
			"full size", func(*bench.Config) {},
			"1000 invocations, 10 iterations, 1 insert each", "1000 invocations, 10 iterations, 1 batch of 100 rows each",
		},
		{
			"other size", func(c *bench.Config) {
				c.Individual.NumLambdas, c.Individual.Iterations, c.Individual.Count = 8, 6, 5
				c.Batch.NumLambdas, c.Batch.Iterations, c.Batch.Count = 1, 1, 1
			},
			"8 invocations, 6 iterations, 5 inserts each", "1 invocation, 1 iteration, 1 batch of 1 row each",
		},
		{
			"the user's words", func(c *bench.Config) {
				c.Individual.NumLambdas, c.Individual.Description, c.Batch.Description = 8, "mine", "ours"
			},
			"mine", "ours",
		},
	} {
		config := bench.Defaults()
		c.change(&config)
		for i, want := range []string{c.individual, c.batch} {
			p := config.Plans("")[i]
			results := make([]bench.Result, p.Load.NumLambdas)
			for n := range results {
				results[n] = bench.Result{Index: n, Outcome: bench.NotStarted}
			}
			if got := summarize(t, p, results).Description; got != want {
				t.Errorf("%s: %q, want %q", c.name, got, want)
			}
		}
	}
}
