package compare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

func save(t *testing.T, path string, r *bench.Record) {
	t.Helper()
	if s := r.Scenario2; s != nil { // as the defaults plan it
		s.TotalLambdas, s.SuccessfulLambdas, s.Invocations = 1000, 1000, bench.Account{Planned: 1000, Acknowledged: 1000}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	save(t, in("a [1]/results_1.json"), record("1", 1, 1))
	save(t, in("a [1]/results_2.json"), record("2", 1, 1))
	save(t, in("a [1]/other.json"), record("3", 1, 1))
	save(t, in("b/results_1.json"), record("1", 1, 1))
	save(t, in("b/results_2.json"), record("1", 1, 1))
	save(t, in("c/results_1.json"), &bench.Record{SchemaVersion: 99})
	if err := os.MkdirAll(in("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		side  string
		files []string
		fault string // empty: none
	}{
		"file":       {"a [1]/other.json", []string{"a [1]/other.json"}, ""},
		"folder":     {"a [1]", []string{"a [1]/results_1.json", "a [1]/results_2.json"}, ""},
		"pattern":    {"a*/*2.json", []string{"a [1]/results_2.json"}, ""},
		"repeated":   {"b", nil, "the same run 1, which counts once"},
		"newer":      {"c", nil, "results_1.json"},
		"empty":      {"empty", nil, "no results file matches"},
		"missing":    {"nowhere", nil, "there is no such file or folder"},
		"no match":   {"d*", nil, "no results file matches"},
		"no pattern": {"a[", nil, "syntax error in pattern"},
	} {
		s, err := Open(in(c.side))
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: error %v, want one with %q", name, err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var files []string
		for _, f := range s.Files {
			files = append(files, strings.TrimPrefix(f, folder+"/"))
		}
		if diff := cmp.Diff(c.files, files); diff != "" || len(s.Records) != len(files) {
			t.Errorf("%s: %d records, -want +got\n%s", name, len(s.Records), diff)
		}
	}
}
