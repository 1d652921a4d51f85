package bench

import (
	"strings"
	"time"
)

// Status is how a run ended.
type Status string

// The ways in which a run ends.
const (
	// Complete: every planned row was acknowledged and no check failed.
	Complete Status = "complete"
	// Incomplete: the run came to its end, but not every row was acknowledged,
	// or a check failed.
	Incomplete Status = "incomplete"
	// Interrupted: somebody stopped it.
	Interrupted Status = "interrupted"
	// Running: it goes on. In a file that was moved it may also have been killed.
	Running Status = "running"
	// Killed: its driver is gone, and left no word of the end.
	Killed Status = "killed"
)

// Run says which run a Record is of.
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
	Commit          string            `json:"commit"` // of this tool; "unknown" when it can't be told
	Host            Host              `json:"host"`
	WarmUp          *WarmUp           `json:"warm_up,omitempty"`
	Warnings        []string          `json:"warnings"`
	Links           *Links            `json:"links,omitempty"`    // absent without telemetry
	Function        *Function         `json:"function,omitempty"` // absent on the local target
	Repeat          *Repeat           `json:"repeat,omitempty"`   // absent of a run by itself
	Database        *Database         `json:"database,omitempty"` // as the driver had it; absent where it had none
	// TableNotes say what the table has that the suite's own hasn't, such as an index.
	TableNotes []string `json:"table_notes,omitempty"`
	// ServerSettings are those of the database that end statements or slow them.
	ServerSettings []ServerSetting `json:"server_settings,omitempty"`
}

// IsRunID reports whether a text is a run's id: a ULID, in capitals.
func IsRunID(text string) bool {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	return len(text) == 26 && strings.Trim(text, crockford) == ""
}

// Repeat says which of several equal runs one was.
type Repeat struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
}

// LocalTarget is how the local target was set up.
type LocalTarget struct {
	EnvConcurrency         int     `json:"env_concurrency"`   // invocations that one environment serves at once
	ConcurrencyLimit       int     `json:"concurrency_limit"` // invocations before a 429
	FunctionTimeoutSeconds float64 `json:"function_timeout_seconds"`
	// Front: a proxy that holds to DSQL's rules stood before the database.
	Front bool `json:"front"`
	// Faults are those asked for, Injected how often each happened.
	Faults   []string         `json:"faults"`
	Injected map[string]int64 `json:"injected"`
	// Database is "throwaway", or "existing" when --database-url named one.
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

// WarmUp is what the warm-up did; none of it is in any other figure.
type WarmUp struct {
	Invocations Account `json:"invocations"`
	ColdStarts  *int64  `json:"cold_starts"` // null when neither the function nor Lambda told
	RowsRemoved int64   `json:"rows_removed"`
	// RowsLeft are those that were acknowledged and are still in the table; nil in
	// older files.
	RowsLeft *int64 `json:"rows_left,omitempty"`
	// Rows is nil in older files.
	Rows         *Account     `json:"rows,omitempty"`
	ErrorsByKind []ErrorCount `json:"errors_by_kind,omitempty"`
	// FirstError is that of the first invocation that failed.
	FirstError string `json:"first_error,omitempty"`
	// Billed is what Lambda billed of it; nil when it told nothing, and in older files.
	Billed *Billed `json:"billed,omitempty"`
}

// Failed reports whether no row of the warm-up was acknowledged.
func (w *WarmUp) Failed() bool {
	return w != nil && w.Rows != nil && w.Rows.Planned > 0 && w.Rows.Acknowledged == 0
}

// Throwaway reports whether the run's rows were in a database that ended with it.
func (r *Run) Throwaway() bool { return r.LocalTarget != nil && r.LocalTarget.Database == "throwaway" }
