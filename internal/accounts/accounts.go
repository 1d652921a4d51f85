// Package accounts asks the backends of a run's telemetry afterwards: whether
// Prometheus has as many rows as were acknowledged, and whether the trace store
// holds the traces that it should.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"dsql-load-test/internal/bench"
)

// poll is the time between two questions, while a backend is behind.
const poll = 500 * time.Millisecond

// Of sets the four counts of a run's acknowledged rows side by side. It asks the
// Prometheus at the URL until they agree, for settle at most. An empty URL isn't
// asked.
func Of(ctx context.Context, prometheusURL string, settle time.Duration, r *bench.Record) *bench.Accounts {
	a := &bench.Accounts{Missing: []string{}}
	for _, s := range r.Summaries() {
		a.Acknowledged += s.Rows.Acknowledged
	}
	a.Database = inDatabase(r.Verification)
	if a.Database == nil {
		a.Missing = append(a.Missing, "database: nothing was looked at")
	}
	want := spanRows(a.Acknowledged, r.Telemetry)
	deadline := time.Now().Add(settle)
	p := prometheus{base: prometheusURL, run: r.Run.ID, from: r.Run.StartedAt.Add(-time.Minute)}
	var missing string
	rows, onSpans := p.rows, p.rowsOnSpans
	if t := r.Telemetry; t != nil {
		rows, onSpans = unlessOff(t.Points, rows), unlessOff(t.Spans, onSpans)
	}
	if a.Prometheus, missing = until(ctx, deadline, between{a.Acknowledged, a.Acknowledged}, rows); missing != "" {
		a.Missing = append(a.Missing, "prometheus: "+missing)
	}
	if a.Spans, missing = until(ctx, deadline, want, onSpans); missing != "" {
		a.Missing = append(a.Missing, "spans: "+missing)
	}
	if t := r.Telemetry; t != nil && t.Spans.Collector == nil && a.Spans != nil && *a.Spans < want.least {
		// It may have lost its count together with the spans.
		a.Missing = append(a.Missing, fmt.Sprintf("spans: the collector counts %d rows, and what it did is unknown: %s", *a.Spans, t.Spans.Unknown))
		a.Spans = nil
	}
	a.Problem = parted(a, want)
	a.Agree = a.Problem == ""
	return a
}

// unlessOff is ask, unless nothing was exported that could be asked for.
func unlessOff(l bench.Ledger, ask func(context.Context) (int64, error)) func(context.Context) (int64, error) {
	if l.Disabled == "" {
		return ask
	}
	return func(context.Context) (int64, error) { return 0, fmt.Errorf("%s=none: %w", l.Disabled, errNotAsked) }
}

// between is a range of rows, both ends included.
type between struct{ least, most int64 }

func (b between) holds(n int64) bool { return b.least <= n && n <= b.most }

func (b between) String() string {
	if b.least == b.most {
		return fmt.Sprint(b.least)
	}
	return fmt.Sprintf("%d to %d", b.least, b.most)
}

// spanRows is how many rows must be on the spans that the collector took. Rows
// whose spans were dropped are missing, as the ledger tells. Spans that were sent
// again after an export without an answer may have been counted twice.
func spanRows(acknowledged int64, t *bench.Telemetry) between {
	if t == nil {
		return between{acknowledged, acknowledged}
	}
	least := acknowledged - t.DroppedRows
	return between{least, least + t.ResentRows}
}

// inDatabase is nil when nothing was counted.
func inDatabase(v *bench.Verification) *int64 {
	switch {
	case v == nil || v.IDsAsked == 0:
		return nil
	case v.Mode == bench.VerifyFull:
		return &v.AcknowledgedPresent
	case v.Mode == bench.VerifyCount:
		return &v.Present
	}
	return nil
}

// until asks until the answer is as wanted or the time is up; missing says why
// there is no answer.
func until(ctx context.Context, deadline time.Time, want between, ask func(context.Context) (int64, error)) (got *int64, missing string) {
	for {
		n, err := ask(ctx)
		if errors.Is(err, errNothing) && want.holds(0) {
			n, err = 0, nil // there is no series where nothing was counted
		}
		switch {
		case errors.Is(err, errNotAsked):
			return nil, err.Error()
		case err != nil && got == nil:
			missing = err.Error()
		case err == nil:
			got, missing = &n, ""
		}
		refused := errors.Is(err, syscall.ECONNREFUSED) // nobody is there
		if got != nil && want.holds(*got) || refused || time.Now().After(deadline) || ctx.Err() != nil {
			return got, missing
		}
		pause(ctx)
	}
}

// pause waits before the next question.
func pause(ctx context.Context) {
	select {
	case <-time.After(poll):
	case <-ctx.Done():
	}
}

// parted says which counts aren't as they should be.
func parted(a *bench.Accounts, onSpans between) string {
	var parts []string
	differs := func(name string, got *int64, want between) {
		if got != nil && !want.holds(*got) {
			parts = append(parts, fmt.Sprintf("%s has %d rows, expected %s", name, *got, want))
		}
	}
	exactly := between{a.Acknowledged, a.Acknowledged}
	differs("the database", a.Database, exactly)
	differs("Prometheus", a.Prometheus, exactly)
	differs("the collector's count of spans", a.Spans, onSpans)
	return strings.Join(parts, "; ")
}
