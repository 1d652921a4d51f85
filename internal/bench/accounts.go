package bench

// Accounts are four independent counts of the acknowledged rows, which must agree. A
// count that is not available is null.
type Accounts struct {
	Acknowledged int64  `json:"acknowledged"` // by the invocations' responses
	Database     *int64 `json:"database"`     // acknowledged and present (verify full), or present (count)
	Prometheus   *int64 `json:"prometheus"`   // the counter dsqlload.rows
	// Spans is the sum of the rows on the spans of statements, counted by the collector
	// when it received them.
	Spans *int64 `json:"spans"`
	// Short: a count is null because it was too low and telemetry was lost, or may have
	// been.
	Short bool `json:"short,omitempty"`
	// Agree: all available counts are equal.
	Agree bool `json:"agree"`
	// Problem says which counts differ; empty if they agree.
	Problem string `json:"problem"`
	// Missing says why a count is null.
	Missing []string `json:"missing"`
}

// TraceStore is a check of the trace store: a random sample of traces and the traces of
// the slowest statements were opened, and their spans counted.
type TraceStore struct {
	Sampled int64 `json:"sampled"` // traces in the random sample
	Slowest int64 `json:"slowest"` // traces of the slowest statements, all to be opened
	Opened  int64 `json:"opened"`  // of both, each once
	Left    int64 `json:"left"`    // not opened because the time was up or the store failed
	Whole   int64 `json:"whole"`   // of Opened, traces with all their spans
	// Excused is the number of traces that were not opened because, by the ledger, they
	// lost spans before these reached the store.
	Excused int64 `json:"excused"`
	// Wrong lists the first incomplete traces.
	Wrong []TraceFault `json:"wrong"`
	// OK: at least one trace was opened, and all traces were opened and are complete.
	OK bool `json:"ok"`
	// Problem says what is wrong, or why nothing was opened; empty when OK.
	Problem string `json:"problem"`
}

// Lacks reports whether the store was checked and lacks traces or spans.
func (s *TraceStore) Lacks() bool { return s != nil && s.Opened > s.Whole }

// TraceFault is a trace whose spans in the store are not the spans that were sent.
type TraceFault struct {
	TraceID  string `json:"trace_id"`
	Expected int64  `json:"expected"` // spans sent
	Found    int64  `json:"found"`    // spans in the store; 0 also when it doesn't know the trace
}

// Links are the addresses of a run in Grafana.
type Links struct {
	Dashboard       string `json:"dashboard"`
	SlowStatements  string `json:"slow_statements"`
	TelemetryHealth string `json:"telemetry_health"`
	RunTrace        string `json:"run_trace"`
}
