package bench

// Accounts are four independent counts of the acknowledged rows, which must
// agree. A count that could not be had is null.
type Accounts struct {
	Acknowledged int64  `json:"acknowledged"` // by the invocations' responses
	Database     *int64 `json:"database"`     // acknowledged and present (verify full), or present (count)
	Prometheus   *int64 `json:"prometheus"`   // the counter dsqlload.rows
	// Spans are the rows on the statements' spans, summed by the collector as it
	// took them.
	Spans *int64 `json:"spans"`
	// Short: a count is null because it has too few rows, and telemetry was lost or may
	// have been.
	Short bool `json:"short,omitempty"`
	// Agree: all that could be had are equal.
	Agree bool `json:"agree"`
	// Problem says where they part; empty when they agree.
	Problem string `json:"problem"`
	// Missing says why a count is null.
	Missing []string `json:"missing"`
}

// TraceStore is a check of the trace store: some traces by chance and those of
// all of the slowest statements were opened, and their spans counted.
type TraceStore struct {
	Sampled int64 `json:"sampled"` // traces chosen by chance to be opened
	Slowest int64 `json:"slowest"` // traces of the slowest statements, all to be opened
	Opened  int64 `json:"opened"`  // of both, each once
	Left    int64 `json:"left"`    // not opened, for the time was up or the store failed
	Whole   int64 `json:"whole"`   // of Opened, those with each of their spans
	// Excused traces lost spans before they came to the store, as the ledger
	// tells, so they weren't opened.
	Excused int64 `json:"excused"`
	// Wrong are the first traces that aren't whole, with what was found of each.
	Wrong []TraceFault `json:"wrong"`
	// OK: each trace was opened, and is whole, and there was one at least.
	OK bool `json:"ok"`
	// Problem says what is wrong, or why nothing was opened; empty when OK.
	Problem string `json:"problem"`
}

// Lacks reports whether the store was looked at and lacks traces or spans.
func (s *TraceStore) Lacks() bool { return s != nil && s.Opened > s.Whole }

// TraceFault is a trace that the store doesn't hold as it was sent.
type TraceFault struct {
	TraceID  string `json:"trace_id"`
	Expected int64  `json:"expected"` // spans sent
	Found    int64  `json:"found"`    // spans in the store; 0 also when it doesn't know the trace
}

// Links are where a run can be looked at in Grafana.
type Links struct {
	Dashboard       string `json:"dashboard"`
	SlowStatements  string `json:"slow_statements"`
	TelemetryHealth string `json:"telemetry_health"`
	RunTrace        string `json:"run_trace"`
}
