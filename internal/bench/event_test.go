package bench

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: -want +got\n%s", path, diff)
	}
}

// The original's five keys keep their names, ours stand beside them.
func TestEventGolden(t *testing.T) {
	p := Plan{RunID: "01M850BJEVW2N143JB0YS2GE2T", Seed: 42, Scenario: Batch, WarmUp: true, Retries: 2, EventType: LoanCreated, Statement: ByUnnest, Load: Load{NumLambdas: 8, Iterations: 10, Count: 100}}
	for name, p := range map[string]Plan{
		"event.golden.json":       p,
		"event_plain.golden.json": {Scenario: Individual, EventType: CarCreated, Statement: ByValues, Retries: DefaultRetries, Load: Load{NumLambdas: 8, Iterations: 10, Count: 1}},
	} {
		text, err := json.MarshalIndent(p.Invocation(7), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, append(text, '\n'))
	}
}

// What the original Python function answers can be decoded and accounted for.
func TestOriginalReply(t *testing.T) {
	text, err := os.ReadFile("testdata/original_reply.json")
	if err != nil {
		t.Fatal(err)
	}
	var reply Reply
	var body ReplyBody
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(reply.Body), &body); err != nil {
		t.Fatal(err)
	}
	want := ReplyBody{Success: true, Result: &Response{
		SuccessCount: 800, ErrorCount: 100, DurationMs: 425.5, InsertsPerSecond: 1880.1,
		TotalInserts: 1000, Scenario: Batch, Iterations: 10, Count: 100, EventType: CarCreated, Index: 3,
	}}
	if diff := cmp.Diff(want, body); diff != "" || reply.StatusCode != 200 {
		t.Errorf("status %d, body: -want +got\n%s", reply.StatusCode, diff)
	}
	asked := Invocation{Scenario: Batch, Iterations: 10, Count: 100, EventType: CarCreated, Index: 3}
	if diff := cmp.Diff(Account{Planned: 1000, Acknowledged: 800, Unknown: 200}, body.Result.Rows(asked)); diff != "" {
		t.Errorf("rows: -want +got\n%s", diff)
	}
	r := Result{Outcome: Acknowledged, Response: body.Result}
	if _, ok := r.OutcomeOf(0); ok || r.Statements(asked) != nil {
		t.Error("the outcome of statements is known of a function that doesn't tell")
	}
}

func TestRefusedReplyKeepsTheOriginalsForm(t *testing.T) {
	text, err := json.Marshal(ReplyBody{Error: "no"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(text), `{"success":false,"error":"no"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRanges(t *testing.T) {
	var r Ranges
	for _, n := range []int{0, 1, 2, 5, 8, 9} {
		r.Append(n)
	}
	if diff := cmp.Diff(Ranges{{0, 3}, {5, 6}, {8, 10}}, r); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if r.Len() != 6 || Ranges(nil).Len() != 0 {
		t.Errorf("lengths %d and %d, want 6 and 0", r.Len(), Ranges(nil).Len())
	}
	held := ""
	for n := -1; n < 12; n++ {
		held += map[bool]string{true: "#", false: "."}[r.Contains(n)]
	}
	if want := ".###..#..##.."; held != want {
		t.Errorf("holds %s, want %s (from -1)", held, want)
	}
}

func TestOutcomeOf(t *testing.T) {
	r := &Response{Statements: &Account{Planned: 6, Acknowledged: 2, Failed: 1, Unknown: 1, NotStarted: 2}, Failed: Ranges{{1, 2}}, Unknown: Ranges{{3, 4}}}
	var got []Outcome
	for n := range 6 {
		got = append(got, r.OutcomeOf(n))
	}
	if diff := cmp.Diff([]Outcome{Acknowledged, Failed, Acknowledged, Unknown, NotStarted, NotStarted}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
