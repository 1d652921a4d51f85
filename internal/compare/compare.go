// Package compare compares two sets of runs and says which of their differences are more
// than noise.
//
// With several runs a side each run is one observation, and the Mann-Whitney test compares
// them (between.go, stepdown.go). With one run a side the noise between runs is assumed
// (Options.RunNoise), and the noise within a run is measured from its seconds (within.go,
// series.go). Any claim at all is wrong in at most Options.Alpha of the comparisons of equal
// things (decide.go). Read compare.go, figure.go and row.go first; text.go, markdown.go,
// html.go and format.go print the result, regression.go judges it.
package compare

import (
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
)

// Side is one of the things compared: one run, or several equal ones.
type Side struct {
	Name    string // as given on the command line
	Files   []string
	Records []*bench.Record
}

// Options are the choices of a comparison.
type Options struct {
	// Alpha is the share of comparisons of equal things in which any change may be reported
	// as significant; above 0, at most 0.5.
	Alpha float64
	// RunNoise is the assumed standard deviation of the throughput of equal runs, as a
	// share. It is used only with one run a side; several runs measure it.
	RunNoise float64
	// Force compares INVALID runs too.
	Force bool
}

// DefaultAlpha and DefaultRunNoise are the defaults of Options.
const (
	DefaultAlpha    = 0.05
	DefaultRunNoise = 0.10
)

// Comparison compares the old side with each of the others.
type Comparison struct {
	Alpha    float64   `json:"alpha"`
	RunNoise float64   `json:"run_noise"` // as a share; used only by the method within_run
	Old      SideInfo  `json:"old"`
	Against  []Against `json:"against"`
}

// SideInfo names a side.
type SideInfo struct {
	Label string   `json:"label"` // A, B, C ...
	Name  string   `json:"name"`
	Files []string `json:"files"`
	Runs  int      `json:"runs"`
}

// Against compares the old side with one new side.
type Against struct {
	New         SideInfo     `json:"new"`
	Method      Method       `json:"method"`
	Warnings    []string     `json:"warnings"`
	Differences []Difference `json:"differences"` // of configuration, target, host and versions
	Tables      []Table      `json:"tables"`
	Conclusion  string       `json:"conclusion"` // one sentence

	// oneSided are the scenarios that only one side has, a sentence each; also in Warnings.
	oneSided []string
}

// Method says where the noise comes from that changes are compared with.
type Method string

// The methods.
const (
	BetweenRuns Method = "between_runs" // from the differences of equal runs
	WithinRun   Method = "within_run"   // from each run's seconds, and an assumption
)

// Table is one scenario's figures, or the whole run's when Scenario is empty.
type Table struct {
	Scenario bench.Scenario `json:"scenario,omitempty"`
	Rows     []Row          `json:"rows"`
}

// Compare compares the first side with each of the others. It refuses INVALID
// runs unless forced to.
func Compare(sides []Side, o Options) (*Comparison, error) {
	if len(sides) < 2 {
		return nil, errors.New("a comparison needs two sides")
	}
	if o.Alpha <= 0 || o.Alpha > 0.5 || o.RunNoise < 0 {
		return nil, fmt.Errorf("alpha %v, noise of runs %v: alpha must be above 0 and at most 0.5, the noise not negative", o.Alpha, o.RunNoise)
	}
	if err := check(sides, o.Force); err != nil {
		return nil, err
	}
	c := &Comparison{Alpha: o.Alpha, RunNoise: o.RunNoise, Old: info(sides[0], 0)}
	for i, s := range sides[1:] {
		a, err := against(sides[0], s, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		a.New = info(s, i+1)
		c.Against = append(c.Against, a)
	}
	return c, nil
}

func info(s Side, n int) SideInfo {
	label := fmt.Sprintf("S%d", n+1)
	if n < 26 {
		label = string(rune('A' + n))
	}
	return SideInfo{Label: label, Name: s.Name, Files: s.Files, Runs: len(s.Records)}
}

func against(a, b Side, o Options) (Against, error) {
	out := Against{Method: BetweenRuns, Warnings: warnings(a, b), Differences: differences(a, b), Tables: []Table{}, oneSided: oneSided(a, b)}
	if len(a.Records) == 1 && len(b.Records) == 1 {
		out.Method = WithinRun
	}
	for _, scenario := range append(bench.Scenarios(), "") {
		if scenario != "" && (ran(a, scenario) == 0 || ran(b, scenario) == 0) {
			continue // a warning says so
		}
		t := Table{Scenario: scenario}
		for _, f := range figures() {
			if f.ofRun != (scenario == "") {
				continue
			}
			if r, any := newRow(f, scenario, a, b); any {
				t.Rows = append(t.Rows, r)
			}
		}
		if len(t.Rows) > 0 {
			out.Tables = append(out.Tables, t)
		}
	}
	rows := out.rows()
	var err error
	if out.Method == WithinRun {
		err = withinRun(rows, a.Records[0], b.Records[0], o)
	} else {
		betweenRuns(rows, len(a.Records), o)
	}
	decide(rows, o.Alpha)
	if note := cantFindAlone(rows, len(a.Records), len(b.Records), o.Alpha); note != "" && out.Method == BetweenRuns {
		out.Warnings = append(out.Warnings, note)
	}
	out.Conclusion = conclude(out.Tables, o.Alpha)
	if out.Method == WithinRun {
		out.Conclusion = "within-run: " + out.Conclusion
	}
	return out, err
}

// rows returns the rows of all tables: one family of tests.
func (a *Against) rows() []*Row {
	var all []*Row
	for t := range a.Tables {
		for r := range a.Tables[t].Rows {
			all = append(all, &a.Tables[t].Rows[r])
		}
	}
	return all
}
