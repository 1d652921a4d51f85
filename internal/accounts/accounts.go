// Package accounts asks the backends of a run's telemetry afterwards: whether
// Prometheus has as many rows as were acknowledged, and whether the trace store
// holds the traces that it should.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	switch v := r.Verification; {
	case a.Database != nil:
	case v != nil && v.RowsAfter != nil:
		a.Missing = append(a.Missing, inDatabaseMissing+"only all rows of the table were counted, whoever wrote them")
	default:
		a.Missing = append(a.Missing, inDatabaseMissing+"nothing was looked at")
	}
	points, spans := pointRows(a.Acknowledged, r), spanRows(a.Acknowledged, r)
	deadline := time.Now().Add(settle)
	p := prometheus{backend: newBackend(prometheusURL), run: r.Run.ID, from: r.Run.StartedAt.Add(-time.Minute)}
	defer p.close()
	var missing string
	rows, onSpans := p.rows, p.rowsOnSpans
	if t := r.Telemetry; t != nil {
		rows, onSpans = unlessOff(t.Points, rows), unlessOff(t.Spans, onSpans)
	}
	if slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) {
		onSpans = notTold
	}
	if a.Prometheus, missing = until(ctx, deadline, points, rows); missing != "" {
		a.Missing = append(a.Missing, "prometheus: "+missing)
	}
	if a.Spans, missing = until(ctx, deadline, spans, onSpans); missing != "" {
		a.Missing = append(a.Missing, "spans: "+missing)
	}
	if t := r.Telemetry; t != nil {
		a.Prometheus = discount(a, "prometheus: it", a.Prometheus, points, lacking(t, t.Points.Lacking()))
		a.Spans = discount(a, "spans: the collector", a.Spans, spans, lacking(t, t.Spans.LackingAtCollector()))
	}
	a.Problem = parted(a, points, spans)
	a.Agree = a.Problem == ""
	return a
}

// lacking says why fewer rows than expected may have been counted, for what the ledger
// says or for invocations without telemetry; empty when none may.
func lacking(t *bench.Telemetry, why string) string {
	if why != "" || t.UnreportedInvocations == 0 {
		return why
	}
	return fmt.Sprintf("%d invocations gave no telemetry", t.UnreportedInvocations)
}

// discount returns the count, or nil when it has too few rows for the reason given: it
// lacks what the telemetry lost, and says nothing of the rows then. Too many rows
// have no such excuse.
func discount(a *bench.Accounts, what string, got *int64, want between, why string) *int64 {
	if got == nil || *got >= want.least || why == "" {
		return got
	}
	a.Missing = append(a.Missing, fmt.Sprintf("%s counts %d rows, expected %s, and %s", what, *got, want, why))
	a.Short = true
	return nil
}

// unlessOff is ask, unless nothing was exported that could be asked for.
func unlessOff(l bench.Ledger, ask func(context.Context) (int64, error)) func(context.Context) (int64, error) {
	if l.Disabled == "" {
		return ask
	}
	return func(context.Context) (int64, error) { return 0, fmt.Errorf("%s=none: %w", l.Disabled, errNotAsked) }
}

// notTold is the answer where the function of another suite made no spans.
func notTold(context.Context) (int64, error) {
	return 0, fmt.Errorf("the function isn't this suite's and makes none: %w", errNotAsked)
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

// pointRows is how many rows Prometheus must have. A function that exports by itself
// may have told it of rows that it acknowledged, although its answer never came.
func pointRows(acknowledged int64, r *bench.Record) between {
	want := between{acknowledged, acknowledged}
	if t := r.Telemetry; t == nil || t.Mode == bench.TelemetryRelay || t.UnreportedInvocations == 0 {
		return want
	}
	for _, s := range r.Summaries() {
		want.most += s.Rows.Unknown
	}
	return want
}

// spanRows is how many rows must be on the spans that the collector took. Rows
// whose spans were lost are missing, as the ledger tells. Those in an export without
// an answer may have been counted once more.
func spanRows(acknowledged int64, r *bench.Record) between {
	want := pointRows(acknowledged, r)
	if t := r.Telemetry; t != nil {
		want.least -= t.DroppedRows
		want.most += t.ResentRows - t.DroppedRows
	}
	return want
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
func parted(a *bench.Accounts, inPoints, onSpans between) string {
	var parts []string
	differs := func(name string, got *int64, want between) {
		if got != nil && !want.holds(*got) {
			parts = append(parts, fmt.Sprintf("%s has %d rows, expected %s", name, *got, want))
		}
	}
	differs("the database", a.Database, between{a.Acknowledged, a.Acknowledged})
	differs("Prometheus", a.Prometheus, inPoints)
	differs("the collector's count of spans", a.Spans, onSpans)
	return strings.Join(parts, "; ")
}
