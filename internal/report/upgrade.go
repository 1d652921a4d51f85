package report

import (
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

// oldFile is the code of the reason that says the file is older than verdicts.
const oldFile = "old_file"

// upgraded brings a record of an older schema version to the present form. Data that wasn't
// recorded then is null or absent. Counts that a file of version 1 lacks are 0, because
// their causes didn't exist then.
func (f *file) upgraded(r *bench.Record, first bool) *bench.Record {
	r.SchemaVersion = bench.SchemaVersion
	fill(r)
	f.upgradeTelemetry(r)
	if !first {
		return r
	}
	r.Run.Warnings = append(r.Run.Warnings, "the file is of schema version 1: nothing was recorded of cold starts' latency, billing, throttling over time, clocks and the load of the driver's machine")
	r.Verdict = judge.Record(r)
	r.Verdict.Reasons = append(r.Verdict.Reasons, bench.Reason{
		Severity: bench.Note, Code: oldFile, Text: "the file is of before there were verdicts: whether the driver's machine was at its limit isn't known",
	})
	return r
}

// upgradeTelemetry fills in what versions 1 and 2 stored under other keys. They counted the
// rows on spans in the trace store, which was Tempo.
func (f *file) upgradeTelemetry(r *bench.Record) {
	if rows, ok := f.at("accounts.tempo"); ok && r.Accounts != nil {
		if n, isNumber := rows.Value.(float64); isNumber {
			count := int64(n)
			r.Accounts.Spans = &count
		}
	}
	if r.Telemetry == nil {
		return
	}
	for _, l := range []*bench.Ledger{&r.Telemetry.Spans, &r.Telemetry.Points} {
		if l.Collector == nil {
			l.Unknown = "the collector's counters could not be read"
		}
	}
}

// fill makes every list and map that the present form always has empty, not nil, so that
// JSON has [] and {}, not null.
func fill(r *bench.Record) {
	fillRun(&r.Run)
	nonNil(&r.Thresholds)
	for _, s := range r.Summaries() {
		nonNil(&s.Errors)
		nonNil(&s.Timeline)
		nonNil(&s.StatementLatency.TooFewFor)
		nonNilMap(&s.Throttles)
		nonNilMap(&s.InvocationErrors)
		if !s.Foreign() {
			fillDetail(s)
		}
	}
	if t := r.Telemetry; t != nil {
		for _, l := range []*bench.Ledger{&t.Spans, &t.Points} {
			for _, h := range []*bench.Hop{&l.Lambda, &l.Driver, l.Collector} {
				if h != nil {
					nonNilMap(&h.Dropped)
				}
			}
		}
	}
	if a := r.Accounts; a != nil {
		nonNil(&a.Missing)
	}
	if s := r.TraceStore; s != nil {
		nonNil(&s.Wrong)
	}
	if v := r.Verification; v != nil {
		nonNil(&v.LostIDs)
	}
}

// fillDetail does so for the data that only a function that reports statements has.
func fillDetail(s *bench.Summary) {
	nonNil(&s.ErrorsByKind)
	nonNil(&s.Slowest)
	nonNilMap(&s.Retried)
	nonNilMap(&s.ConnectRetries)
	for _, count := range []**int64{&s.RowsAffected, &s.Attempts, &s.Resent, &s.Confirmed, &s.ColdStarts, &s.Environments, &s.TruncatedLambdas} {
		if *count == nil {
			*count = new(int64)
		}
	}
}

func fillRun(run *bench.Run) {
	nonNil(&run.Warnings)
	nonNil(&run.Config.Thresholds)
	nonNilMap(&run.Versions)
	if l := run.LocalTarget; l != nil {
		nonNil(&l.Faults)
		nonNilMap(&l.Injected)
	}
}

func nonNil[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

func nonNilMap[V any](values *map[string]V) {
	if *values == nil {
		*values = map[string]V{}
	}
}
