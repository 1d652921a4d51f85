package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// History lists the results files in a folder.
type History struct {
	Runs       []PastRun    `json:"runs"` // newest first
	Unreadable []Unreadable `json:"unreadable"`
}

// PastRun is a short form of one results file.
type PastRun struct {
	StartedAt time.Time      `json:"started_at"`
	ID        string         `json:"run_id"`
	Status    bench.Status   `json:"status"`
	Verdict   bench.Word     `json:"verdict"`
	Target    bench.Target   `json:"target"`
	Scenarios []PastScenario `json:"scenarios"`
	File      string         `json:"file"` // its path
}

// PastScenario is one scenario of a PastRun. Numbers that don't exist are null.
type PastScenario struct {
	Scenario   bench.Scenario `json:"scenario"`
	NumLambdas int64          `json:"num_lambdas"`
	Iterations int            `json:"iterations"` // 0 when not known
	Count      int            `json:"count"`      // 0 when not known
	Throughput *float64       `json:"throughput_inserts_per_second"`
	// AtLeast: the driver's machine was at its limit, so Throughput is a lower bound.
	AtLeast bool     `json:"at_least"`
	Latency *float64 `json:"p99_ms"` // the 99th percentile of its statements
}

// Unreadable is a file that is named like a results file but can't be read as one.
type Unreadable struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// ReadHistory reads all results files in folder. It returns an error only if the folder
// can't be read; a file that can't be read is listed as unreadable.
func ReadHistory(folder string) (*History, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	h := &History{Runs: []PastRun{}, Unreadable: []Unreadable{}}
	for _, e := range entries {
		if match, _ := filepath.Match("results_*.json", e.Name()); !match { // the pattern is good
			continue
		}
		path := filepath.Join(folder, e.Name())
		r, err := Read(path)
		if err != nil {
			h.Unreadable = append(h.Unreadable, Unreadable{File: path, Error: strings.Join(quote.Lines(err), "\n")})
			continue
		}
		h.Runs = append(h.Runs, pastRun(path, r))
	}
	slices.SortStableFunc(h.Runs, func(a, b PastRun) int { return b.StartedAt.Compare(a.StartedAt) })
	return h, nil
}

func pastRun(path string, r *bench.Record) PastRun {
	past := PastRun{
		StartedAt: r.Run.StartedAt, ID: r.Run.ID, Status: r.Run.Status, Verdict: judged(r).Word, Target: r.Run.Target,
		Scenarios: []PastScenario{}, File: path,
	}
	for _, s := range r.Summaries() {
		size := r.Run.Config.Load(s.Scenario)
		p := PastScenario{Scenario: s.Scenario, NumLambdas: s.TotalLambdas, Iterations: size.Iterations, Count: size.Count, Latency: s.StatementLatency.At("p99")}
		if !s.NothingSent() && figure.Finite(s.Throughput) {
			p.Throughput, p.AtLeast = &s.Throughput, s.Client != nil && s.Client.Bound
		}
		past.Scenarios = append(past.Scenarios, p)
	}
	return past
}

// Limit keeps the newest n runs.
func (h *History) Limit(n int) { h.Runs = h.Runs[:min(n, len(h.Runs))] }

// JSON writes the history as JSON.
func (h *History) JSON(w io.Writer) error {
	text, err := json.MarshalIndent(h, "", "  ")
	if err == nil {
		_, err = fmt.Fprintln(quote.JSONWriter(w), string(text))
	}
	return err
}

// Text writes the history as a table, then the files that can't be read.
func (h *History) Text(w io.Writer) error {
	var b strings.Builder
	runs := quote.Copy(h.Runs)
	if len(runs) > 0 {
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "STARTED\tRUN\tSTATUS\tVERDICT\tTARGET\tINDIVIDUAL\tROWS/S\tP99\tBATCH\tROWS/S\tP99\tFILE")
		for _, r := range runs {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.StartedAt.Local().Format(time.DateTime), r.ID, r.Status, r.Verdict, r.Target,
				r.cells(bench.Individual), r.cells(bench.Batch), r.File)
		}
		_ = table.Flush() // to a strings.Builder, which takes everything
	} else if len(h.Unreadable) == 0 {
		fmt.Fprintln(&b, "no results")
	}
	for _, u := range h.Unreadable {
		lines := quote.Copy(strings.Split(u.Error, "\n"))
		fmt.Fprintf(&b, "unreadable: %s\n", strings.Join(lines, "\n  "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cells returns a scenario's size, throughput and p99, separated by tabs.
func (r *PastRun) cells(s bench.Scenario) string {
	i := slices.IndexFunc(r.Scenarios, func(p PastScenario) bool { return p.Scenario == s })
	if i < 0 {
		return "-\t-\t-"
	}
	p := r.Scenarios[i]
	size := figure.Count(p.NumLambdas)
	if p.Iterations > 0 {
		size += fmt.Sprintf(" x %s x %s", figure.Count(int64(p.Iterations)), figure.Count(int64(p.Count)))
	}
	rows := absent
	if p.Throughput != nil {
		rows = figure.Whole(*p.Throughput)
		if p.AtLeast {
			rows = ">= " + rows
		}
	}
	return size + "\t" + rows + "\t" + figure.Ms(p.Latency)
}
