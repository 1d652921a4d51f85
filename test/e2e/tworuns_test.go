package e2e_test

import (
	"errors"
	"testing"
)

// testTwoRuns: two runs send to one collector at the same time. Each has its own ledger and
// accounts.
func (l *lab) testTwoRuns(t *testing.T) {
	both, goOn := l.paced(t, "twins", nil, []string{"--trace-detail", "all"})
	goOn()
	for _, p := range both {
		r := p.wait()
		if err := errors.Join(is("exit code", r.code, 0), r.complete(pacedRows), agree(r, pacedRows), whole(r.record.Telemetry), stored(r.record.TraceStore, 8)); err != nil {
			t.Error(err)
		}
		l.checkCollector(t, r)
		l.awaitSpans(t, r)
	}
}
