package bench

import (
	"strings"
	"time"
)

// Status says how a run ended.
type Status string

// The statuses.
const (
	// Complete: every planned row was acknowledged and no check failed.
	Complete Status = "complete"
	// Incomplete: the run wasn't stopped, but not every row was acknowledged, or a check
	// failed.
	Incomplete Status = "incomplete"
	// Interrupted: a user or a signal stopped the run.
	Interrupted Status = "interrupted"
	// Running: the run is still going. In a file from another machine the driver may also have
	// been killed.
	Running Status = "running"
	// Killed: the driver ended without writing another status.
	Killed Status = "killed"
)

// Run describes the run that a Record belongs to.
type Run struct {
	ID              string            `json:"id"` // ULID
	Status          Status            `json:"status"`
	StartedAt       time.Time         `json:"started_at"`
	EndedAt         time.Time         `json:"ended_at"`
	DurationSeconds float64           `json:"duration_seconds"`
	Target          Target            `json:"target"`
	Seed            int64             `json:"seed"`
	Config          Config            `json:"config"`
	LocalTarget     *LocalTarget      `json:"local_target,omitempty"`
	Versions        map[string]string `json:"versions"`
	Commit          string            `json:"commit"` // of this tool; "unknown" if the build doesn't have it
	Host            Host              `json:"host"`
	WarmUp          *WarmUp           `json:"warm_up,omitempty"`
	Warnings        []string          `json:"warnings"`
	Links           *Links            `json:"links,omitempty"`    // absent without telemetry
	Function        *Function         `json:"function,omitempty"` // absent on the local target
	Repeat          *Repeat           `json:"repeat,omitempty"`   // absent for a single run
	Database        *Database         `json:"database,omitempty"` // that the driver connected to; absent without one
	// TableNotes name what the suite's own table lacks, such as a further index.
	TableNotes []string `json:"table_notes,omitempty"`
	// ServerSettings are settings of the database that end or slow statements.
	ServerSettings []ServerSetting `json:"server_settings,omitempty"`
}

// ApplicationName returns the application_name of the function's connections while they serve a
// run: dsqlload/ and the run's id, 35 bytes. It is dsqlload if runID isn't a run's id.
func ApplicationName(runID string) string {
	const own = "dsqlload"
	if !IsRunID(runID) {
		return own
	}
	return own + "/" + runID
}

// IsRunID reports whether text is the id of a run: a ULID in upper case.
func IsRunID(text string) bool {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	return len(text) == 26 && strings.Trim(text, crockford) == ""
}

// Repeat is the number of a run among several equal runs.
type Repeat struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
}

// LocalTarget is the configuration of the local target.
type LocalTarget struct {
	EnvConcurrency         int     `json:"env_concurrency"`   // invocations that one environment serves at once
	ConcurrencyLimit       int     `json:"concurrency_limit"` // concurrent invocations; above it the service answers 429
	FunctionTimeoutSeconds float64 `json:"function_timeout_seconds"`
	// Front: a proxy that enforces DSQL's rules was in front of the database.
	Front bool `json:"front"`
	// Faults are the requested faults; Injected counts how often each happened.
	Faults   []string         `json:"faults"`
	Injected map[string]int64 `json:"injected"`
	// Database is "throwaway", or "existing" if --database-url named one.
	Database string `json:"database"`
}

// Host is the machine that the driver ran on.
type Host struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	CPUs        int    `json:"cpus"`
	CPUModel    string `json:"cpu_model"`
	MemoryBytes uint64 `json:"memory_bytes"`
}

// WarmUp is the result of the warm-up. No other figure includes it.
type WarmUp struct {
	Invocations Account `json:"invocations"`
	ColdStarts  *int64  `json:"cold_starts"` // null if neither the function nor Lambda reports it
	RowsRemoved int64   `json:"rows_removed"`
	// RowsLeft is the number of acknowledged rows that are still in the table; nil in older
	// files.
	RowsLeft *int64 `json:"rows_left,omitempty"`
	// Rows is nil in older files.
	Rows         *Account     `json:"rows,omitempty"`
	ErrorsByKind []ErrorCount `json:"errors_by_kind,omitempty"`
	// FirstError is the error of the first invocation that failed.
	FirstError string `json:"first_error,omitempty"`
	// Billed is nil without a REPORT line of Lambda, and in older files.
	Billed *Billed `json:"billed,omitempty"`
}

// Failed reports whether no row of the warm-up was acknowledged.
func (w *WarmUp) Failed() bool {
	return w != nil && w.Rows != nil && w.Rows.Planned > 0 && w.Rows.Acknowledged == 0
}

// Throwaway reports whether the run's database was removed at its end.
func (r *Run) Throwaway() bool { return r.LocalTarget != nil && r.LocalTarget.Database == "throwaway" }
