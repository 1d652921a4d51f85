package check

import (
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Told adds up what the lists of an invocation's partial answers told, as far as the next partial
// answer is checked against it.
type Told struct {
	Statements, Rows int64 // in the seconds
	Failed, Unknown  int64 // statements
	Retried          map[string]int64
}

// Add adds the lists of a partial answer.
func (t *Told) Add(r *bench.Response) {
	if t.Retried == nil {
		t.Retried = map[string]int64{}
	}
	for i := range r.Timeline {
		s := &r.Timeline[i]
		t.Statements += s.Statements
		t.Rows += s.Rows
		for kind, n := range s.Retried {
			t.Retried[kind] += n
		}
	}
	t.Failed += r.Failed.Len()
	t.Unknown += r.Unknown.Len()
}

// Partial checks a partial answer as Response checks an answer. Its lists must continue what was
// told before, and it must tell of further statements. It takes as long as what is new, because a
// long invocation has hundreds of partial answers.
func Partial(r *bench.Response, told Told, asked bench.Invocation, decoder *latency.Decoder) error {
	if r == nil || r.Foreign() {
		return errors.New("it has no account of its statements")
	}
	k := &checking{Response: r, asked: asked, rows: int64(asked.RowsPerStatement()), told: told}
	if err := k.check(decoder); err != nil {
		return err
	}
	if k.started <= told.Statements {
		return fmt.Errorf("it tells of %d statements, after %d", k.started, told.Statements)
	}
	for _, list := range []bench.Ranges{r.Failed, r.Unknown} {
		if len(list) > 0 && int64(list[0][0]) < told.Statements {
			return fmt.Errorf("it changes the outcome of statement %d, of which it told before", list[0][0])
		}
	}
	for i := range r.Slowest {
		if n := asked.NumberAt(r.Slowest[i].Iteration, r.Slowest[i].Row); int64(n) < told.Statements {
			return fmt.Errorf("slowest[%d] is statement %d, of which it told before", i, n)
		}
	}
	return nil
}
