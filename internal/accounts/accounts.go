// Package accounts asks the backends after a run: does Prometheus have as many rows as were
// acknowledged (accounts.go, prometheus.go), and does the trace store have the traces that were
// sent (tracestore.go)? backend.go is the HTTP client for both.
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

// poll is the time between two requests while a backend is behind.
const poll = 500 * time.Millisecond

// Of compares the four counts of a run's acknowledged rows. It asks Prometheus until the counts
// agree, for settle at most. It doesn't ask if the URL is empty.
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
	if t := r.Telemetry; t != nil && t.Points.Disabled != "" {
		rows = notAsked(t.Points.Disabled + "=none")
	}
	if t := r.Telemetry; t != nil && t.Spans.Disabled != "" {
		onSpans = notAsked(t.Spans.Disabled + "=none")
	}
	if slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) {
		onSpans = notAsked("the function isn't this suite's and makes none")
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

// lacking returns the reason why a count may have too few rows: why, from the ledger, or else
// the invocations without telemetry. It is empty if there is no reason.
func lacking(t *bench.Telemetry, why string) string {
	if why != "" || t.UnreportedInvocations == 0 {
		return why
	}
	return fmt.Sprintf("%d invocations gave no telemetry", t.UnreportedInvocations)
}

// discount returns got, or nil if it has too few rows and there is a reason for that (why): lost
// telemetry proves nothing about the rows. It doesn't excuse too many rows.
func discount(a *bench.Accounts, what string, got *int64, want between, why string) *int64 {
	if got == nil || *got >= want.least || why == "" {
		return got
	}
	a.Missing = append(a.Missing, fmt.Sprintf("%s counts %d rows, expected %s, and %s", what, *got, want, why))
	a.Short = true
	return nil
}

// notAsked returns a count that fails with the reason why nobody was asked.
func notAsked(why string) func(context.Context) (int64, error) {
	return func(context.Context) (int64, error) { return 0, fmt.Errorf("%s: %w", why, errNotAsked) }
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

// pointRows returns how many rows Prometheus must have. A function that exports by itself may
// have counted acknowledged rows although its response was lost.
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

// spanRows returns how many rows must be on the spans that the collector took. The ledger says
// how many rows were on lost spans, and how many had no span by rule. Rows in an export without an answer may have been counted
// once more.
func spanRows(acknowledged int64, r *bench.Record) between {
	want := pointRows(acknowledged, r)
	if t := r.Telemetry; t != nil {
		want.least -= t.DroppedRows + t.NotKeptRows
		want.most += t.ResentRows - t.DroppedRows - t.NotKeptRows
	}
	return want
}

// inDatabase returns the count of the verification; nil if it counted nothing.
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

// until calls ask until the count is as wanted or the deadline has passed. missing is the reason
// why there is no count.
func until(ctx context.Context, deadline time.Time, want between, ask func(context.Context) (int64, error)) (got *int64, missing string) {
	for {
		n, err := ask(ctx)
		if errors.Is(err, errNothing) && want.holds(0) {
			n, err = 0, nil // without rows there is no series
		}
		switch {
		case errors.Is(err, errNotAsked):
			return nil, err.Error()
		case err != nil && got == nil:
			missing = err.Error()
		case err == nil:
			got, missing = &n, ""
		}
		refused := errors.Is(err, syscall.ECONNREFUSED) // there is no server
		if got != nil && want.holds(*got) || refused || time.Now().After(deadline) || ctx.Err() != nil {
			return got, missing
		}
		pause(ctx)
	}
}

// pause waits before the next request.
func pause(ctx context.Context) {
	select {
	case <-time.After(poll):
	case <-ctx.Done():
	}
}

// parted returns which counts differ from the expected ones; empty if none does.
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
