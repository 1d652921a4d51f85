package check

import "dsql-load-test/internal/bench"

// slowest checks the list of the slowest statements.
func (k *checking) slowest() {
	if !within(k, "slowest", len(k.Slowest), 0, min(bench.SlowestKept, int(k.started))) {
		return
	}
	var seen [bench.SlowestKept]int // the numbers of the statements in the list so far
	for i := range k.Slowest {
		s := &k.Slowest[i]
		k.enter("slowest", i)
		n, ok := k.place(s)
		if ok {
			for _, other := range seen[:i] {
				ok = ok && other != n
			}
			seen[i] = n
			k.must(ok, "iteration", "the place of another entry")
			k.statement(s, n)
			k.phases(s)
		}
		k.leave()
		if len(k.faults) > 0 {
			return
		}
	}
}

// place returns the number of the statement in its invocation, from 0. ok is false if the
// invocation has no such statement.
func (k *checking) place(s *bench.Statement) (n int, ok bool) {
	rows := k.asked.Count
	if k.asked.Scenario == bench.Batch {
		rows = 1
	}
	ok = within(k, "iteration", s.Iteration, 0, k.asked.Iterations-1)
	ok = within(k, "row", s.Row, 0, rows-1) && ok
	return k.asked.NumberAt(s.Iteration, s.Row), ok
}

// statement checks one of the slowest statements; n is its number in the invocation.
func (k *checking) statement(s *bench.Statement, n int) {
	within(k, "latency_us", s.LatencyUs, 0, k.loopUs())
	within(k, "attempts", s.Attempts, 1, k.asked.MaxRetries()+1)
	within(k, "started_unix_us", s.StartedUs, 0, LatestUnix*1_000_000)
	same(k, "lambda_index", s.Invocation, k.asked.Index)
	same(k, "rows", int64(s.Rows), k.rows)
	same(k, "environment_id", s.Environment, k.EnvironmentID)
	same(k, "trace_url", s.TraceURL, "")
	outcome := k.OutcomeOf(n)
	same(k, "outcome", s.Outcome, outcome)
	k.must(outcome != bench.NotStarted, "iteration", "%d, row %d, which was not started", s.Iteration, s.Row)
	k.must((s.Error == "") == (outcome == bench.Acknowledged) && (s.Error == "" || isWord(s.Error)), "error", "%q, with the outcome %s", s.Error, outcome)
	k.must(s.SQLSTATE == "" || len(s.SQLSTATE) == 5 && isWord(s.SQLSTATE), "sqlstate", "%q: not five letters or digits", s.SQLSTATE)
	k.must(s.TraceID == "" || isHex(s.TraceID, 32), "trace_id", "%q: not 32 hexadecimal digits", s.TraceID)
	k.must(s.SpanID == "" || isHex(s.SpanID, 16), "span_id", "%q: not 16 hexadecimal digits", s.SpanID)
}

// phases checks that the phases lie within the statement.
func (k *checking) phases(s *bench.Statement) {
	if !within(k, "phases", len(s.Phases), 0, bench.MaxPhases) {
		return
	}
	took := float64(s.LatencyUs) / 1000
	for i := range s.Phases {
		p := &s.Phases[i]
		k.inner = i + 1
		ok := k.must(bench.Phase(p.Phase).Known(), "phase", "%q, not a known phase", p.Phase)
		ok = within(k, "attempt", p.Attempt, 1, s.Attempts) && ok
		ok = within(k, "start_ms", p.StartMs, -roundingMs, took+roundingMs) && ok
		ok = ok && within(k, "ms", p.Ms, 0, took-p.StartMs+2*roundingMs)
		k.inner = 0
		if !ok {
			return
		}
	}
}

// telemetry checks the counts of spans, points and rows. Each span is accepted, in a chunk or
// dropped.
func (k *checking) telemetry() {
	t := k.Telemetry
	if t == nil {
		return
	}
	k.must(t.Mode == bench.TelemetryRelay || t.Mode == bench.TelemetryOTLP, "telemetry.mode", "%q, neither relay nor otlp", t.Mode)
	within(k, "telemetry.until", t.Until, 0, LatestUnix)
	if !within(k, "telemetry.spans", t.Spans, 0, maxTelemetry) || !within(k, "telemetry.points", t.Points, 0, maxTelemetry) ||
		!within(k, "telemetry.accepted_spans", t.AcceptedSpans, 0, t.Spans) || !within(k, "telemetry.accepted_points", t.AcceptedPoints, 0, t.Points) ||
		!within(k, "telemetry.dropped_rows", t.DroppedRows, 0, k.SuccessCount) ||
		!within(k, "telemetry.not_kept_rows", t.NotKeptRows, 0, k.SuccessCount) || !k.notKept(t) {
		return
	}
	spans, rows := t.AcceptedSpans, t.DroppedRows+t.NotKeptRows
	for i := range t.Chunks {
		c := &t.Chunks[i]
		k.enter("telemetry.chunks", i)
		ok := within(k, "spans", c.Spans, 1, t.Spans) && within(k, "rows", c.Rows, 0, k.SuccessCount) && k.groups("groups", c.Groups, c.Spans)
		k.leave()
		if !ok {
			return
		}
		spans, rows = spans+c.Spans, rows+c.Rows
	}
	if dropped, ok := k.counts("telemetry.dropped_spans", t.DroppedSpans, t.Spans); ok {
		same(k, "telemetry.spans", t.Spans, spans+dropped)
		k.must(len(t.Groups) == 0 || t.Mode == bench.TelemetryOTLP, "telemetry.groups", "there, with the mode %s", t.Mode)
		k.groups("telemetry.groups", t.Groups, t.AcceptedSpans+dropped)
	}
	if dropped, ok := k.counts("telemetry.dropped_points", t.DroppedPoints, t.Points); ok {
		within(k, "telemetry.points", t.Points, t.AcceptedPoints+dropped, maxTelemetry)
	}
	within(k, "telemetry.dropped_rows, with those of chunks and not kept", rows, 0, k.SuccessCount)
}

// notKept checks that spans were left out only if the event asked for that, and that their rows
// are those of their statements at most.
func (k *checking) notKept(t *bench.TelemetryReply) bool {
	most := k.started
	if k.asked.Telemetry == nil || k.asked.Telemetry.SpanEvery <= 1 {
		most = 0
	}
	return within(k, "telemetry.not_kept_spans", t.NotKeptSpans, 0, most) &&
		within(k, "telemetry.not_kept_rows", t.NotKeptRows, 0, t.NotKeptSpans*k.rows)
}

// groups checks in which traces so many spans are: in order, each in a group that the statements
// can give.
func (k *checking) groups(what string, of []bench.GroupSpans, spans int64) bool {
	if len(of) == 0 {
		return true
	}
	sum, next := int64(0), int64(0)
	for _, g := range of {
		if !within(k, what+".group", g.Group, next, max(k.started-1, 0)) || !within(k, what+".spans", g.Spans, 1, spans) {
			return false
		}
		sum, next = sum+g.Spans, g.Group+1
	}
	same(k, what+".spans, in sum", sum, spans)
	return sum == spans
}
