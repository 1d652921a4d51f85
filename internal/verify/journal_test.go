package verify_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/verify"
)

func journalPlan(n int) bench.Plan {
	c := bench.Defaults()
	c.Scenarios, c.Batch = []bench.Scenario{bench.Batch}, bench.Load{NumLambdas: n, Iterations: 10, Count: 3}
	return c.Plans("01M850BJEVW2N143JB0YS2GE2T")[0]
}

// What was noted from many goroutines is read back by statement; what wasn't is
// unknown, also when the last line was cut off.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.journal")
	j, err := verify.CreateJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	noted := map[int]bench.Result{
		0: {Outcome: bench.Acknowledged, Response: &bench.Response{
			Statements: &bench.Account{Planned: 10, Acknowledged: 6, Failed: 2, Unknown: 1, NotStarted: 1},
			Failed:     bench.Ranges{{1, 3}}, Unknown: bench.Ranges{{8, 9}},
			EnvironmentID: "env-a", Timeline: []bench.Second{{Unix: began.Unix(), Statements: 7}, {Unix: began.Unix() + 1, Statements: 2}},
		}, Sent: began},
		1: {Outcome: bench.Failed, Sent: began},
		2: {Outcome: bench.Unknown},
		3: {Outcome: bench.NotStarted},
	}
	var wg sync.WaitGroup
	for i, r := range noted {
		wg.Go(func() {
			r.Index = i
			if err := j.Note(bench.Batch, &r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"scenario":"batch","lambda_in`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	all, torn, err := verify.ReadJournal(path, []bench.Plan{journalPlan(6)})
	if err != nil || torn != 1 {
		t.Fatalf("%d torn lines, error %v", torn, err)
	}
	var got []string
	for _, r := range all[0].Results {
		line := ""
		for n := range 10 {
			o, ok := r.OutcomeOf(n)
			if !ok {
				t.Errorf("invocation %d, statement %d isn't told", r.Index, n)
			}
			line += string(o[0])
		}
		got = append(got, line)
	}
	want := []string{"affaaaaaun", "ffffffffff", "uuuuuuuuuu", "nnnnnnnnnn", "uuuuuuuuuu", "uuuuuuuuuu"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first := all[0].Results[0]
	if diff := cmp.Diff(noted[0].Response, first.Response); diff != "" || !first.Sent.Equal(began) {
		t.Errorf("sent %v, answer: -noted +read\n%s", first.Sent, diff)
	}
	if r := all[0].Results; !r[1].Sent.Equal(began) || !r[2].Sent.IsZero() {
		t.Errorf("sent %v and %v", r[1].Sent, r[2].Sent)
	}
	if err := j.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the journal is there still: %v", err)
	}
	if _, _, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
}

// account is a line of an invocation that answered.
func account(statements, more string) string {
	return `{"scenario":"batch","lambda_index":0,"outcome":"acknowledged","statements":{` + statements + `}` + more + `}`
}

// A line that is cut off, or damaged, is skipped and counted; what is whole, counts.
func TestJournalTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.journal")
	text := "\x00\x00\x00\n" + `{"scenario":"bat` + `{"scenario":"batch","lambda_index":0,"outcome":"failed"}` + "\n\xff\n" + `{"scenario":"batch","lambda_index":1,"outcome":"failed"}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, torn, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)})
	if err != nil || torn != 3 {
		t.Fatalf("%d torn lines, %v", torn, err)
	}
	if a, b := all[0].Results[0].Outcome, all[0].Results[1].Outcome; a != bench.Unknown || b != bench.Failed {
		t.Errorf("outcomes %s and %s", a, b)
	}
}

// A line without an end isn't read into memory.
func TestJournalLine(t *testing.T) {
	if _, _, err := verify.ReadJournal("/dev/zero", []bench.Plan{journalPlan(2)}); err == nil || !strings.Contains(err.Error(), "/dev/zero:1:1: not a journal: a line of more than 16 MiB") {
		t.Error(err)
	}
}

func TestJournalFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another run's", `{"scenario":"batch","lambda_index":2,"outcome":"failed"}` + "\n", ":1:1: not of this run: invocation 2 of scenario batch isn't planned"},
		{"another scenario", `{"scenario":"individual","lambda_index":0,"outcome":"failed"}` + "\n", ":1:1: not of this run: invocation 0 of scenario individual isn't planned"},
		{"below the plan", `{"scenario":"batch","lambda_index":-1,"outcome":"failed"}`, ":1:1: not of this run: invocation -1 of scenario batch isn't planned"},
		{"beyond float64", "\n" + `{"scenario":"batch","lambda_index":1e400,"outcome":"failed"}`, ":2:40: lambda_index is the number 1e400, must be within -1.8e308 to 1.8e308"},
		{"a text for a number", `{"scenario":"batch","lambda_index":"0","outcome":"failed"}`, ":1:38: lambda_index is a string, must be a whole number"},
		{"a list", `[]`, ":1:1: must be a JSON object"},
		{"key twice", `{"scenario":"batch","scenario":"batch"}`, `:1:30: key "scenario" appears twice`},
		{"nested without end", `{"failed":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nested more than 100 deep"},
		{"unknown outcome", `{"scenario":"batch","lambda_index":0,"outcome":"fine"}`, `:1:46: outcome is "fine", must be one of acknowledged, failed, unknown, not_started`},
		{
			"twice", `{"scenario":"batch","lambda_index":0,"outcome":"failed"}` + "\n" + `{"scenario":"batch","lambda_index":0,"outcome":"unknown"}`,
			":2:1: invocation 0 of scenario batch stands twice, also in line 1",
		},
		{"another plan's statements", account(`"planned":11,"acknowledged":10`, ""), ":1:85: statements.planned is 11, must be 10, as the results file has it"},
		{"a negative account", account(`"planned":10,"acknowledged":11,"failed":-1`, ""), "statements.acknowledged is 11, must be 0 to 10"},
		{"an account that overflows", account(`"planned":10,"unknown":9223372036854775807`, ""), "statements.unknown is 9223372036854775807, must be 0 to 10"},
		{"an unbalanced account", account(`"planned":10,"acknowledged":9`, ""), "statements.planned is 10, must be 9, the sum of the others"},
		{"failures that aren't named", account(`"planned":10,"acknowledged":9,"failed":1`, ""), "failed is a set of 0, must be of 1, as statements.failed"},
		{"a set that isn't one", account(`"planned":10,"acknowledged":9,"failed":1`, `,"failed":[[5,3]]`), "failed is no set of statements, must be intervals [from, to), ascending, within 0 to 10"},
		{"a set beyond the plan", account(`"planned":10,"acknowledged":9,"failed":1`, `,"failed":[[10,11]]`), "failed is no set of statements"},
		{"both failed and unknown", account(`"planned":10,"acknowledged":8,"failed":1,"unknown":1`, `,"failed":[[1,2]],"unknown":[[1,2]]`), "unknown is a set with statements that failed, must be of others"},
		{"a long environment", account(`"planned":10,"acknowledged":10`, `,"environment_id":"`+strings.Repeat("x", 513)+`"`), "environment_id is a text of 513 bytes, must be 512 at most"},
		{"sent before time", account(`"planned":10,"acknowledged":10`, `,"sent_us":-1`), "sent_us is -1, must be 0 to 4102444800000000"},
		{"sent in another age", account(`"planned":10,"acknowledged":10`, `,"sent_us":9223372036854775807`), "sent_us is 9223372036854775807, must be 0 to 4102444800000000"},
		{"a second of another age", account(`"planned":10,"acknowledged":10`, `,"seconds":[[9223372036854775807,10]]`), "seconds is a list with [9223372036854775807 10], must be seconds of 1970 to 2100, each with 1 or more of the 10 statements started"},
		{"a second of nothing", account(`"planned":10,"acknowledged":10`, `,"seconds":[[5,0],[6,10]]`), "seconds is a list with [5 0]"},
		{"seconds of more", account(`"planned":10,"acknowledged":9,"not_started":1`, `,"seconds":[[5,9],[6,1]]`), "seconds is a list with [6 1]"},
		{"seconds of less", account(`"planned":10,"acknowledged":10`, `,"seconds":[[5,9]]`), "seconds is a list of 9 statements, must be of the 10 started"},
		{
			"seconds of less than was told", `{"scenario":"batch","lambda_index":0,"outcome":"unknown","statements":{"planned":10,"acknowledged":7,"failed":0,"unknown":3,"not_started":0},"unknown":[[7,10]],"seconds":[[5,6]]}`,
			"seconds is a list of 6 statements, must be of the 10 started",
		},
		{"seconds without an account", `{"scenario":"batch","lambda_index":0,"outcome":"failed","seconds":[[5,1]]}`, "seconds is a list with [5 1]"},
		{"sets without an account", `{"scenario":"batch","lambda_index":0,"outcome":"acknowledged","failed":[[0,1]]}`, "statements is missing, must be there, with failed and unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "results.journal")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if _, err := verify.CreateJournal(path); err == nil {
				t.Error("the file was overwritten")
			}
		})
	}
}

// A partial result is read back as it was noted: by statement, by second, and still partial.
func TestJournalPartial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.journal")
	j, err := verify.CreateJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	told := &bench.Response{
		TotalInserts: 30, Statements: &bench.Account{Planned: 10, Acknowledged: 2, Failed: 1, Unknown: 1, NotStarted: 6}, Failed: bench.Ranges{{1, 2}}, Unknown: bench.Ranges{{3, 4}},
		EnvironmentID: "env-a", Timeline: []bench.Second{{Unix: began.Unix(), Statements: 3}, {Unix: began.Unix() + 1, Statements: 1}},
	}
	noted := bench.Result{Index: 1, Outcome: bench.Unknown, Partial: true, Response: told.Unanswered(3, "response_lost", "no"), Sent: began}
	if err := errors.Join(j.Note(bench.Batch, &noted), j.Close()); err != nil {
		t.Fatal(err)
	}
	all, torn, err := verify.ReadJournal(path, []bench.Plan{journalPlan(2)})
	if err != nil || torn != 0 {
		t.Fatalf("%d torn lines, error %v", torn, err)
	}
	r := all[0].Results[1]
	line := ""
	for n := range 10 {
		if o, ok := r.OutcomeOf(n); ok {
			line += string(o[0])
		}
	}
	if line != "afauuuuuuu" || !r.Partial || r.Outcome != bench.Unknown || r.Untold() != 6 || !r.Sent.Equal(began) {
		t.Errorf("%s, partial %v, %s, %d untold, sent %v", line, r.Partial, r.Outcome, r.Untold(), r.Sent)
	}
	if want := (bench.Account{Planned: 10, Acknowledged: 2, Failed: 1, Unknown: 7}); *r.Statements(journalPlan(2).Invocation(1)) != want {
		t.Errorf("%+v, want %+v", *r.Response.Statements, want)
	}
}
