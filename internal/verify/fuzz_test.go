package verify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/verify"
)

// Whatever a journal has, each planned statement has one outcome, or an error has
// its line.
func FuzzJournal(f *testing.F) {
	for _, text := range []string{
		"", "\n", `{"scenario":"batch","lambda_index":0,"outcome":"failed"}` + "\n",
		`{"scenario":"batch","lambda_index":1,"outcome":"acknowledged","statements":{"planned":10,"acknowledged":6,"failed":2,"unknown":1,"not_started":1},"failed":[[1,3]],"unknown":[[8,9]]}` + "\n" + `{"scenario":"batch","lambda_in`,
		`{"scenario":"batch","lambda_index":-1,"outcome":"failed"}`,
		`{"scenario":"batch","lambda_index":1e400,"outcome":"failed"}`,
		`{"scenario":"batch","lambda_index":0,"outcome":"acknowledged","statements":{"planned":9223372036854775807,"not_started":-1}}`,
		`{"scenario":"batch","lambda_index":0,"outcome":"acknowledged","statements":{"planned":10,"acknowledged":9,"failed":1},"failed":[[-5,-4]]}`,
		`{"scenario":"batch","lambda_index":0,"outcome":"acknowledged"}` + "\n" + `{"scenario":"batch","lambda_index":0,"outcome":"failed"}`,
		`{"scenario":"batch","lambda_index":0,"outcome":"acknowledged","statements":{"planned":10,"acknowledged":10},"environment_id":"a","sent_us":1800000000000000,"seconds":[[1800000000,9],[1800000001,1]]}`,
		"\x00\x00\xff\n[]\nnull\n5\n" + strings.Repeat("[", 200),
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "r.journal")
	plan := journalPlan(3)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		all, torn, err := verify.ReadJournal(path, []bench.Plan{plan})
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		if lines := strings.Count(string(text), "\n") + 1; torn > lines || len(all) != 1 || len(all[0].Results) != 3 {
			t.Fatalf("%d torn of %d lines, %d scenarios", torn, lines, len(all))
		}
		for _, r := range all[0].Results {
			outcomes(t, plan.Invocation(r.Index), r)
		}
	})
}

// outcomes adds up what became of the invocation's statements.
func outcomes(t *testing.T, asked bench.Invocation, r bench.Result) {
	t.Helper()
	counts := map[bench.Outcome]int64{}
	for n := range asked.Statements() {
		o, ok := r.OutcomeOf(n)
		if !ok {
			return // a function that doesn't tell
		}
		counts[o]++
	}
	a := r.Statements(asked)
	got := bench.Account{Planned: int64(asked.Statements()), Acknowledged: counts[bench.Acknowledged], Failed: counts[bench.Failed], Unknown: counts[bench.Unknown], NotStarted: counts[bench.NotStarted]}
	if *a != got || !got.Balanced() {
		t.Errorf("invocation %d: account %+v, by statement %+v", r.Index, *a, got)
	}
}
