package bench

import "slices"

// SchemaVersion is the version of Record's JSON form. Version 2 brought the
// verdict and what it rests on; version 3 the check of the trace store, and 50
// slowest statements in place of 20. Package report reads the older ones too.
const SchemaVersion = 3

// Record is a run's result, complete: every report is made from it alone. Its
// JSON form is described by schema/results.schema.json. Numbers that don't
// exist are null.
type Record struct {
	SchemaVersion int           `json:"schema_version"`
	Run           Run           `json:"run"`
	Scenario1     *Summary      `json:"scenario_1,omitempty"`
	Scenario2     *Summary      `json:"scenario_2,omitempty"`
	Verification  *Verification `json:"verification,omitempty"`
	Telemetry     *Telemetry    `json:"telemetry,omitempty"`
	Accounts      *Accounts     `json:"accounts,omitempty"`    // absent without telemetry
	TraceStore    *TraceStore   `json:"trace_store,omitempty"` // absent without telemetry, and when nobody was asked
	Verdict       *Verdict      `json:"verdict"`               // null in a file of before there was one
	Thresholds    []Threshold   `json:"thresholds"`
	Cost          *Cost         `json:"cost,omitempty"`       // absent on the local target
	CloudWatch    *CloudWatch   `json:"cloudwatch,omitempty"` // absent until it was fetched
	// Looks are all looks at the table, in order; Verification is the one that stands.
	Looks    []Look    `json:"verifications,omitempty"`
	Cleanups []Cleanup `json:"cleanups,omitempty"` // by driver cleanup, in order
	// Reports are the files made of this record, but for those beside it that have its name.
	Reports []ReportFile `json:"reports,omitempty"`
}

// ReportFile is a file made of a record.
type ReportFile struct {
	Format Format `json:"format"`
	File   string `json:"file"` // its path, from the folder of the results file on where there is one
}

// Format is a form that a report can have.
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

// Summaries are the scenarios that ran, in order.
func (r *Record) Summaries() []*Summary {
	return slices.DeleteFunc([]*Summary{r.Scenario1, r.Scenario2}, func(s *Summary) bool { return s == nil })
}

// NotRun reports whether the scenario never had its turn, since the run was
// stopped before: by somebody, or by its warm-up.
func (r *Record) NotRun(s *Summary) bool {
	stopped := r.Run.Status == Interrupted || r.Run.Status == Incomplete && r.Run.WarmUp.Failed()
	return stopped && s.NothingSent()
}
