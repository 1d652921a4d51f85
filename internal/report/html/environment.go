package html

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// environment shows machine, versions and function.
func environment(r *bench.Record) []block {
	h := r.Run.Host
	facts := []fact{
		{Name: "Host", Value: cmp.Or(strings.Trim(h.OS+"/"+h.Arch, "/"), absent), Note: h.CPUModel},
		{Name: "Commit", Value: cmp.Or(r.Run.Commit, "unknown"), Note: "of this tool"},
		{Name: "Seed", Value: fmt.Sprint(r.Run.Seed)},
		{Name: "Schema version", Value: fmt.Sprint(r.SchemaVersion)},
	}
	if r.Run.Config.Statement == bench.ByUnnest {
		facts = append(facts, fact{Name: "Form of the INSERTs", Value: string(bench.ByUnnest)})
	}
	if h.CPUs > 0 {
		facts = append(facts, fact{Name: "Processors", Value: fmt.Sprint(h.CPUs)}, fact{Name: "Memory", Value: fmt.Sprintf("%.1f GiB", float64(h.MemoryBytes)/(1<<30))})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Run.Versions)) {
		facts = append(facts, fact{Name: name, Value: r.Run.Versions[name]})
	}
	blocks := []block{{Facts: facts}}
	if f := r.Run.Function; f != nil {
		blocks = append(blocks, block{Facts: []fact{
			{Name: "Function", Value: f.Name, Note: "version " + cmp.Or(f.Version, absent)},
			{Name: "Runtime", Value: f.Runtime, Note: f.Architecture},
			{Name: "Function's memory", Value: fmt.Sprintf("%d MB", f.MemoryMB)},
			{Name: "Time-out", Value: fmt.Sprintf("%g s", f.TimeoutSeconds)},
			{Name: "Code SHA-256", Value: cmp.Or(f.CodeSHA256, absent)},
			{Name: "Cluster", Value: cmp.Or(f.Cluster, "its environment names none")},
		}})
	}
	if l := r.Run.LocalTarget; l != nil {
		blocks = append(blocks, block{Facts: localFacts(l)})
	}
	return blocks
}

// localFacts returns the facts about the local target.
func localFacts(l *bench.LocalTarget) []fact {
	front := "off: straight to PostgreSQL"
	if l.Front {
		front = "on: the database was held to DSQL's rules"
	}
	facts := []fact{
		{Name: "Local database", Value: cmp.Or(l.Database, absent)},
		{Name: "Front", Value: front},
		{Name: "In an environment", Value: figure.Plural(int64(l.EnvConcurrency), "invocation"), Note: "at once at most"},
		{Name: "Concurrency limit", Value: figure.Count(int64(l.ConcurrencyLimit))},
		{Name: "Function's time-out", Value: fmt.Sprintf("%g s", l.FunctionTimeoutSeconds)},
		{Name: "Faults asked for", Value: cmp.Or(strings.Join(l.Faults, ", "), "none")},
	}
	if len(l.Faults) > 0 {
		facts = append(facts, fact{Name: "Faults injected", Value: kinds(l.Injected)})
	}
	return facts
}

// config returns c as in the results file.
func config(c bench.Config) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the template escapes it
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return "the configuration can't be shown: " + err.Error()
	}
	return b.String()
}
