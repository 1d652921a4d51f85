package telemetry

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
)

// testLambda is an environment on AWS, as far as its variables say.
func testLambda(t testing.TB, more ...string) *Lambda {
	t.Helper()
	l, err := NewLambda(context.Background(), lambdaVariables(more...), "env-0001", testDatabase())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// send plays one statement of one attempt, which took so many milliseconds.
func send(o *Invocation, n, took int, steps []step, change func(*bench.Failure)) Kept {
	f := bench.Failure{Outcome: bench.Acknowledged}
	if change != nil {
		change(&f)
	}
	return sendAgain(o, n, f, try{to: took, kind: f.Kind, sqlstate: f.SQLSTATE, steps: steps})
}

// sendAgain plays one statement of some attempts; ended is how it ended.
func sendAgain(o *Invocation, n int, ended bench.Failure, tries ...try) Kept {
	return o.Statement(played(n, ended, tries...), false)
}
