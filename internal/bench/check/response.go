package check

import (
	"fmt"
	"maps"
	"math"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Limits of an answer. Sums of a thousand answers within these limits are finite and don't
// overflow.
const (
	longestLoopMs = 24 * 60 * 60 * 1000 // of an invocation; Lambda's longest time-out is 15 minutes
	LatestUnix    = 4_102_444_800       // the year 2100, in seconds since 1970
	maxTelemetry  = 1_000_000_000       // spans or points of one invocation
	maxErrorKinds = 100                 // different kinds in an answer
	mostAffected  = 1 << 40             // rows by the command tags, if some of them count other rows than the statement's
	MaxText       = 512                 // bytes of a name
	rateTolerance = 1e-3                // relative error that a rate may have
	roundingUs    = 1                   // rounding error of a time in whole microseconds
	roundingMs    = 0.002               // rounding error of the sum of two such times
)

// Response checks an answer against the event that was sent. The error names each field that is
// out of range, differs from the event, or contradicts another field; such an answer can't be
// trusted. If a foreign function sent the answer, Response clears all fields that aren't the
// original suite's.
func Response(r *bench.Response, asked bench.Invocation, decoder *latency.Decoder) error {
	return (&checking{Response: r, asked: asked, rows: int64(asked.RowsPerStatement())}).check(decoder)
}

// check checks all fields.
func (k *checking) check(decoder *latency.Decoder) error {
	k.original()
	if k.Response.Statements == nil {
		k.foreign()
		return k.fault()
	}
	k.identity()
	same(k, "event_type", k.EventType, k.asked.EventType)
	k.must(k.Statement == k.asked.Statement, "statement", "%.80q, must be %q: a function that is older than the field sends VALUES", k.Statement, k.asked.Statement)
	k.account()
	if len(k.faults) > 0 {
		return k.fault() // the other checks compare with these fields
	}
	k.attempts()
	k.counts("connect_retries", k.ConnectRetries, maxTelemetry)
	k.errors()
	k.latency(decoder)
	k.connecting(decoder)
	k.overhead(decoder)
	k.timeline()
	k.slowest()
	k.telemetry()
	return k.fault()
}

// original checks the fields that every function returns.
func (k *checking) original() {
	rows := k.asked.Rows()
	within(k, "duration_ms", k.DurationMs, 0, longestLoopMs)
	within(k, "inserts_per_second", k.InsertsPerSecond, 0, math.MaxFloat32)
	within(k, "success_count", k.SuccessCount, 0, rows)
	within(k, "error_count", k.ErrorCount, 0, rows-min(max(k.SuccessCount, 0), rows))
	within(k, "total_inserts", k.TotalInserts, 0, rows)
}

// foreign checks the answer of a foreign function and clears all fields that aren't the
// original suite's. A function that can't mix event types may return the type that it wrote.
func (k *checking) foreign() {
	r := k.Response
	k.identity()
	if len(k.faults) == 0 {
		within(k, "total_inserts", r.TotalInserts, r.SuccessCount+r.ErrorCount, k.asked.Rows())
	}
	mixed := k.asked.EventType == bench.Random && r.EventType.Known()
	k.must(mixed || r.EventType == k.asked.EventType, "event_type", "%.80q, must be %s", string(r.EventType), k.asked.EventType)
	*r = bench.Response{
		SuccessCount: r.SuccessCount, ErrorCount: r.ErrorCount, DurationMs: r.DurationMs, InsertsPerSecond: r.InsertsPerSecond,
		TotalInserts: r.TotalInserts, Scenario: r.Scenario, Iterations: r.Iterations, Count: r.Count,
		EventType: r.EventType, Index: r.Index,
	}
}

// identity checks that the answer belongs to the event, and the environment's id.
func (k *checking) identity() {
	same(k, "lambda_index", k.Index, k.asked.Index)
	same(k, "scenario", k.Scenario, k.asked.Scenario)
	same(k, "iterations", k.Iterations, k.asked.Iterations)
	same(k, "count", k.Count, k.asked.Count)
	if k.asked.RunID != "" && k.Statements != nil {
		same(k, "run_id", k.RunID, k.asked.RunID)
	}
	k.must(len(k.EnvironmentID) <= MaxText, "environment_id", "longer than %d bytes", MaxText)
	within(k, "started_us", k.StartedUs, 0, LatestUnix*1_000_000)
}

// account checks the account of the statements and the fields that must agree with it.
func (k *checking) account() {
	a, planned := k.Statements, int64(k.asked.Statements())
	within(k, "statements.acknowledged", a.Acknowledged, 0, planned)
	within(k, "statements.failed", a.Failed, 0, planned)
	within(k, "statements.unknown", a.Unknown, 0, planned)
	within(k, "statements.not_started", a.NotStarted, 0, planned)
	same(k, "statements.planned", a.Planned, planned)
	k.must(a.Balanced(), "statements", "not balanced: %+v", *a)
	k.started, k.wrong = a.Planned-a.NotStarted, a.Failed+a.Unknown
	same(k, "success_count", k.SuccessCount, a.Acknowledged*k.rows)
	if k.ErrorCount != k.wrong*k.rows { // an older function leaves out what it didn't send
		same(k, "error_count", k.ErrorCount, (k.wrong+a.NotStarted)*k.rows)
	}
	same(k, "total_inserts", k.TotalInserts, k.SuccessCount+k.ErrorCount)
	same(k, "truncated", k.Truncated, a.NotStarted > 0)
	if k.DurationMs > 0 {
		rate := float64(k.SuccessCount) / k.DurationMs * 1000
		within(k, "inserts_per_second", k.InsertsPerSecond, rate*(1-rateTolerance), rate*(1+rateTolerance))
	}
	same(k, "failed_statements", k.told.Failed+k.Failed.Len(), a.Failed)
	same(k, "unknown_statements", k.told.Unknown+k.Unknown.Len(), a.Unknown)
	k.must(Disjoint(k.started, k.Failed, k.Unknown), "failed_statements", "overlapping unknown_statements, or outside of those started, or not ascending")
}

// attempts checks the counts of attempts and of the rows in command tags.
func (k *checking) attempts() {
	a := k.Statements
	retried, ok := k.counts("retried", k.Retried, k.started*int64(k.asked.MaxRetries()))
	if !ok {
		return
	}
	same(k, "attempts", k.Attempts, k.started+retried)
	within(k, "resent_after_unknown", k.Resent, 0, min(k.started, retried))
	if !within(k, "confirmed_by_resend", k.Confirmed, 0, min(max(k.Resent, 0), a.Acknowledged)) {
		return
	}
	if !within(k, "stored_elsewhere", k.StoredElsewhere, 0, a.Acknowledged-k.Confirmed) {
		return
	}
	// The command tags of confirmed statements count no row. Those of statements stored
	// elsewhere, failed or unknown count any number of rows, because a trigger may change
	// others instead.
	certain := (a.Acknowledged - k.Confirmed - k.StoredElsewhere) * k.rows
	most := certain
	if k.StoredElsewhere+k.wrong > 0 {
		most = mostAffected
	}
	within(k, "rows_affected", k.RowsAffected, certain, most)
}

// errors checks that the errors by kind add up to the failed and unknown statements.
func (k *checking) errors() {
	sum, seen := int64(0), map[string]bool{}
	if len(k.Errors) == 0 {
		seen = nil
	}
	for i := range k.Errors {
		e := &k.Errors[i]
		k.enter("errors", i)
		ok := k.must(isWord(e.Kind) && !seen[e.Kind] && i < maxErrorKinds, "kind", "%q: not a word, there twice, or one of more than %d", e.Kind, maxErrorKinds)
		ok = within(k, "statements", e.Statements, 1, k.started) && same(k, "rows", e.Rows, e.Statements*k.rows) && ok
		k.leave()
		if !ok {
			return
		}
		seen[e.Kind] = true
		sum += e.Statements
	}
	same(k, "errors", sum, k.wrong)
}

// loopUs returns the longest possible time of anything in the loop, in microseconds.
func (k *checking) loopUs() int64 { return int64(math.Ceil(k.DurationMs*1000)) + roundingUs }

// latency checks the histogram of the acknowledged statements.
func (k *checking) latency(decoder *latency.Decoder) {
	n := k.Statements.Acknowledged
	if k.must(k.Latency != nil, "latency", "missing") && same(k, "latency.count", k.Latency.Count, n) {
		k.histogram("latency", k.Latency, decoder)
	}
}

// connecting checks the histogram of the statements that opened a connection, if there is one.
func (k *checking) connecting(decoder *latency.Decoder) {
	if k.Connecting == nil || !k.must(k.Latency != nil, "connecting_latency", "there without latency") ||
		!within(k, "connecting_latency.count", k.Connecting.Count, 1, k.Latency.Count) {
		return
	}
	k.histogram("connecting_latency", k.Connecting, decoder)
	part, err := decoder.Decode(k.Connecting)
	whole, wrong := decoder.Decode(k.Latency)
	if err == nil && wrong == nil {
		if wrong := part.PartOf(whole); wrong != nil {
			k.note("connecting_latency", "not a part of latency: "+wrong.Error())
		}
		within(k, "connecting_latency.min_us", k.Connecting.MinUs, k.Latency.MinUs, k.Latency.MaxUs)
		within(k, "connecting_latency.max_us", k.Connecting.MaxUs, k.Latency.MinUs, k.Latency.MaxUs)
	}
}

// overhead checks the histogram of the time that the function added, if there is one.
func (k *checking) overhead(decoder *latency.Decoder) {
	if k.Overhead != nil && within(k, "overhead.count", k.Overhead.Count, 0, k.Statements.Acknowledged) {
		k.histogram("overhead", k.Overhead, decoder)
	}
}

// histogram checks a histogram. The statements of an invocation run one after the other, so
// together they take no longer than the loop.
func (k *checking) histogram(field string, h *latency.Snapshot, decoder *latency.Decoder) {
	if err := decoder.Check(h); err != nil {
		k.faults = append(k.faults, fmt.Sprintf("%s.%v", field, err))
		return
	}
	within(k, field+".max_us", h.MaxUs, 0, k.loopUs())
	within(k, field+".sum_us", h.SumUs, 0, k.loopUs()+h.Count*roundingUs)
}

// timeline checks that the seconds add up to the whole answer.
func (k *checking) timeline() {
	sum := bench.Second{Statements: k.told.Statements, Rows: k.told.Rows}
	retried := maps.Clone(k.told.Retried)
	if retried == nil {
		retried = map[string]int64{}
	}
	for i := range k.Timeline {
		s := &k.Timeline[i]
		k.enter("timeline", i)
		ok := k.second(s)
		k.leave()
		if !ok {
			return
		}
		sum.Statements += s.Statements
		sum.Rows += s.Rows
		for kind, n := range s.Retried {
			retried[kind] += n
		}
	}
	same(k, "timeline, its statements", sum.Statements, k.started)
	same(k, "timeline, its rows", sum.Rows, k.SuccessCount)
	for kind, n := range retried {
		same(k, "timeline, its retried."+kind, n, k.Retried[kind])
	}
}

// second checks one second by itself and reports whether it is possible.
func (k *checking) second(s *bench.Second) bool {
	if !within(k, "unix", s.Unix, 0, LatestUnix) || !within(k, "statements", s.Statements, 1, k.started) ||
		!within(k, "errors", s.Errors, 0, s.Statements) || !same(k, "rows", s.Rows, (s.Statements-s.Errors)*k.rows) {
		return false
	}
	failed, ok := k.counts("error_kinds", s.ErrorKinds, s.Errors)
	if !ok || len(s.ErrorKinds) > 0 && !same(k, "error_kinds", failed, s.Errors) { // older functions don't report kinds
		return false
	}
	if _, ok := k.counts("retried", s.Retried, k.started*int64(k.asked.MaxRetries())); !ok {
		return false
	}
	n := int64(0)
	for us, count := range s.Latency {
		if !within(k, "latency_us", us, 0, 2*latency.Highest.Microseconds()) || !within(k, "latency_us", count, 1, s.Statements) {
			return false
		}
		n += count
	}
	return same(k, "latency_us", n, s.Statements-s.Errors)
}
