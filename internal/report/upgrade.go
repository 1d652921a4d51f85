package report

import (
	"reflect"
	"strings"

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
// JSON has [] and {}, not null. What a foreign function doesn't report stays null.
func fill(r *bench.Record) {
	fillValue(reflect.ValueOf(r).Elem())
	for _, s := range r.Summaries() {
		if s.Foreign() {
			s.Forget()
			continue
		}
		for _, count := range []**int64{&s.RowsAffected, &s.Attempts, &s.Resent, &s.Confirmed, &s.ColdStarts, &s.Environments, &s.TruncatedLambdas} {
			if *count == nil {
				*count = new(int64)
			}
		}
	}
}

// fillValue does so for the fields of a struct, but not within lists: a second without
// errors has null.
func fillValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillValue(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillField(v.Type().Field(i), v.Field(i))
		}
	}
}

func fillField(of reflect.StructField, v reflect.Value) {
	tag := of.Tag.Get("json")
	optional := tag == "-" || strings.Contains(tag, ",omitempty") || tag == "invocation_sample" // older versions didn't record one
	switch {
	case !of.IsExported():
	case !optional && v.Kind() == reflect.Slice && v.IsNil():
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case !optional && v.Kind() == reflect.Map && v.IsNil():
		v.Set(reflect.MakeMap(v.Type()))
	default:
		fillValue(v)
	}
}
