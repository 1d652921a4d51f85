package bench

// Accounts are four independent counts of the acknowledged rows, which must
// agree. A count that could not be had is null.
type Accounts struct {
	Acknowledged int64  `json:"acknowledged"` // by the invocations' responses
	Database     *int64 `json:"database"`     // acknowledged and present (verify full), or present (count)
	Prometheus   *int64 `json:"prometheus"`   // the counter dsqlload.rows
	Tempo        *int64 `json:"tempo"`        // rows on the statements' spans
	// Agree: all that could be had are equal.
	Agree bool `json:"agree"`
	// Problem says where they part; empty when they agree.
	Problem string `json:"problem"`
	// Missing says why a count is null.
	Missing []string `json:"missing"`
}

// Links are where a run can be looked at in Grafana.
type Links struct {
	Dashboard       string `json:"dashboard"`
	SlowStatements  string `json:"slow_statements"`
	TelemetryHealth string `json:"telemetry_health"`
	RunTrace        string `json:"run_trace"`
}
