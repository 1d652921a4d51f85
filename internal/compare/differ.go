package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
)

// Difference is a setting or a circumstance that isn't the same on both sides, so that the
// figures may differ because of it.
type Difference struct {
	Key string `json:"key"` // "config.scenario_2.num_lambdas"
	// Old and New are the values of each side, several if its runs disagree, and "-" for
	// runs that don't have the key.
	Old string `json:"old"`
	New string `json:"new"`
}

// differences returns the differences, sorted by key. Runs of a foreign suite have no
// circumstances and are left out.
func differences(a, b Side) []Difference {
	before, after := circumstances(a), circumstances(b)
	keys := map[string]bool{}
	for _, run := range slices.Concat(before, after) {
		for key := range run {
			keys[key] = true
		}
	}
	all := []Difference{}
	if len(before) == 0 || len(after) == 0 {
		return all
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		x, y := valuesOf(before, key), valuesOf(after, key)
		if len(x) > 1 || !slices.Equal(x, y) {
			all = append(all, Difference{Key: key, Old: strings.Join(x, " | "), New: strings.Join(y, " | ")})
		}
	}
	return all
}

// valuesOf returns the distinct values of the runs, sorted.
func valuesOf(runs []map[string]string, key string) []string {
	set := map[string]bool{}
	for _, run := range runs {
		if v, ok := run[key]; ok {
			set[v] = true
		} else {
			set["-"] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// circumstances returns the settings of each run and what it ran on, by key.
func circumstances(s Side) []map[string]string {
	var all []map[string]string
	for _, r := range s.Records {
		if r.Run.ID == "" || report.IsForeign(r) {
			continue
		}
		flat := map[string]string{}
		for key, part := range map[string]any{
			"config": r.Run.Config, "local_target": r.Run.LocalTarget, "function": r.Run.Function,
			"host": r.Run.Host, "versions": r.Run.Versions, "commit": r.Run.Commit,
		} {
			flatten(flat, key, generic(part))
		}
		flat["function.kind"] = "this suite's"
		if slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) {
			flat["function.kind"] = "another suite's"
		}
		leaveOut(flat, r)
		all = append(all, flat)
	}
	return all
}

// leaveOut removes the keys that differ between equal runs or can't change a figure.
func leaveOut(flat map[string]string, r *bench.Record) {
	remove := func(prefix string) {
		maps.DeleteFunc(flat, func(key, _ string) bool { return strings.HasPrefix(key, prefix) })
	}
	remove("local_target.injected")
	for _, s := range bench.Scenarios() {
		if r.Run.Config.Runs(s) {
			delete(flat, "config."+s.Key()+".description")
		} else {
			remove("config." + s.Key() + ".")
		}
	}
	for _, key := range []string{"seed", "thresholds", "abort_on_fail", "max_cost_usd", "telemetry_required", "verify"} {
		delete(flat, "config."+key)
	}
}

// generic returns v as decoded from its JSON, so that keys are the ones of results files.
func generic(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber() // 17179869184 isn't printed as 1.7e+10
	if err := decoder.Decode(&out); err != nil {
		return err.Error()
	}
	return out
}

func flatten(to map[string]string, key string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for k, inner := range v {
			flatten(to, key+"."+k, inner)
		}
	case []any:
		texts := make([]string, len(v))
		for i, inner := range v {
			texts[i] = fmt.Sprint(inner)
		}
		to[key] = strings.Join(texts, ", ")
	default:
		to[key] = fmt.Sprint(v)
	}
}
