package bench

import "slices"

// SchemaVersion is the version of the JSON form of Record. Version 2 added the verdict and the
// data that it is based on. Version 3 added the check of the trace store, and has 50 slowest
// statements instead of 20. Package report reads older versions too.
const SchemaVersion = 3

// Record is the complete result of a run. Every report is made from it alone.
// schema/results.schema.json describes its JSON form. Values that don't exist are null.
type Record struct {
	SchemaVersion int           `json:"schema_version"`
	Run           Run           `json:"run"`
	Scenario1     *Summary      `json:"scenario_1,omitempty"`
	Scenario2     *Summary      `json:"scenario_2,omitempty"`
	Verification  *Verification `json:"verification,omitempty"`
	Telemetry     *Telemetry    `json:"telemetry,omitempty"`
	Accounts      *Accounts     `json:"accounts,omitempty"`    // absent without telemetry
	TraceStore    *TraceStore   `json:"trace_store,omitempty"` // absent without telemetry, and if the store wasn't checked
	Verdict       *Verdict      `json:"verdict"`               // null in files of version 1
	Thresholds    []Threshold   `json:"thresholds"`
	Cost          *Cost         `json:"cost,omitempty"`       // absent on the local target
	CloudWatch    *CloudWatch   `json:"cloudwatch,omitempty"` // absent until fetched
	// Looks are all checks of the table, in order. Verification is the one that counts.
	Looks    []Look    `json:"verifications,omitempty"`
	Cleanups []Cleanup `json:"cleanups,omitempty"` // by driver cleanup, in order
	// Reports are the files that were made from this record, except for those next to the
	// results file that have its name.
	Reports []ReportFile `json:"reports,omitempty"`
}

// ReportFile is a file that was made from a record.
type ReportFile struct {
	Format Format `json:"format"`
	File   string `json:"file"` // path, relative to the folder of the results file if possible
}

// Format is the format of a report.
type Format string

// The formats, by their names on the command line.
const (
	FormatText     Format = "text"
	FormatHTML     Format = "html"
	FormatJSON     Format = "json"
	FormatCSV      Format = "csv"
	FormatMarkdown Format = "markdown"
	FormatJUnit    Format = "junit"
)

// Summaries returns the scenarios that have results, in order.
func (r *Record) Summaries() []*Summary {
	return slices.DeleteFunc([]*Summary{r.Scenario1, r.Scenario2}, func(s *Summary) bool { return s == nil })
}

// NotRun reports whether the scenario didn't start because the run was interrupted before, or
// ended after a failed warm-up.
func (r *Record) NotRun(s *Summary) bool {
	stopped := r.Run.Status == Interrupted || r.Run.Status == Incomplete && r.Run.WarmUp.Failed()
	return stopped && s.NothingSent()
}
