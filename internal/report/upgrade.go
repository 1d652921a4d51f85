package report

import (
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

// oldFile is the code of the reason that a file is of before there were verdicts.
const oldFile = "old_file"

// upgraded gives a record of an older schema version the present form. What was
// not recorded then is null or absent; counts that a file of version 1 lacks are
// 0, which it would have had.
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

// upgradeTelemetry fills what versions 1 and 2 told otherwise. The rows on spans
// were counted in the trace store then, which was Tempo.
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

// fill makes empty what the present form has and nil what it hasn't: [] and {},
// not null.
func fill(r *bench.Record) {
	fillRun(&r.Run)
	some(&r.Thresholds)
	for _, s := range r.Summaries() {
		some(&s.Errors)
		some(&s.Timeline)
		some(&s.StatementLatency.TooFewFor)
		someCounts(&s.Throttles)
		someCounts(&s.InvocationErrors)
		if !s.Foreign() {
			fillTold(s)
		}
	}
	if t := r.Telemetry; t != nil {
		for _, l := range []*bench.Ledger{&t.Spans, &t.Points} {
			for _, h := range []*bench.Hop{&l.Lambda, &l.Driver, l.Collector} {
				if h != nil {
					someCounts(&h.Dropped)
				}
			}
		}
	}
	if a := r.Accounts; a != nil {
		some(&a.Missing)
	}
	if s := r.TraceStore; s != nil {
		some(&s.Wrong)
	}
	if v := r.Verification; v != nil {
		some(&v.LostIDs)
	}
}

// fillTold makes empty what a function that tells of statements has told.
func fillTold(s *bench.Summary) {
	some(&s.ErrorsByKind)
	some(&s.Slowest)
	someCounts(&s.Retried)
	someCounts(&s.ConnectRetries)
	for _, count := range []**int64{&s.RowsAffected, &s.Attempts, &s.Resent, &s.Confirmed, &s.ColdStarts, &s.Environments, &s.TruncatedLambdas} {
		if *count == nil {
			*count = new(int64)
		}
	}
}

func fillRun(run *bench.Run) {
	some(&run.Warnings)
	some(&run.Config.Thresholds)
	if run.Versions == nil {
		run.Versions = map[string]string{}
	}
	if l := run.LocalTarget; l != nil {
		some(&l.Faults)
		someCounts(&l.Injected)
	}
}

func some[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

func someCounts(counts *map[string]int64) {
	if *counts == nil {
		*counts = map[string]int64{}
	}
}
