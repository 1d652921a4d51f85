package capture

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// testLambda is an environment on AWS, as far as its variables say.
func testLambda(t testing.TB, more ...string) *Lambda {
	t.Helper()
	l, err := NewLambda(context.Background(), telemetrytest.LambdaVariables(more...), "env-0001", testDatabase())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// send plays one statement of one attempt, which took so many milliseconds.
func send(o *Invocation, n, took int, steps []telemetrytest.Step, change func(*bench.Failure)) Kept {
	f := bench.Failure{Outcome: bench.Acknowledged}
	if change != nil {
		change(&f)
	}
	return sendAgain(o, n, f, telemetrytest.Try{To: took, Kind: f.Kind, SQLSTATE: f.SQLSTATE, Steps: steps})
}

// sendAgain plays one statement of some attempts; ended is how it ended.
func sendAgain(o *Invocation, n int, ended bench.Failure, tries ...telemetrytest.Try) Kept {
	return o.Statement(telemetrytest.Played(n, ended, tries...), false)
}
