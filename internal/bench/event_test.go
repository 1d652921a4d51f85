package bench

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/latency"
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
	p := Plan{RunID: "01M850BJEVW2N143JB0YS2GE2T", Seed: 42, Scenario: Batch, WarmUp: true, Retries: 2, EventType: LoanCreated, Load: Load{NumLambdas: 8, Iterations: 10, Count: 100}}
	for name, p := range map[string]Plan{
		"event.golden.json":       p,
		"event_plain.golden.json": {Scenario: Individual, EventType: CarCreated, Retries: DefaultRetries, Load: Load{NumLambdas: 8, Iterations: 10, Count: 1}},
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
	if err := body.Result.Check(asked); err != nil {
		t.Errorf("Check: %v", err)
	}
	if diff := cmp.Diff(Account{Planned: 1000, Acknowledged: 800, Failed: 100, NotStarted: 100}, body.Result.Rows(asked)); diff != "" {
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

func TestCheck(t *testing.T) {
	asked := Invocation{Scenario: Batch, Iterations: 10, Count: 5}
	for _, c := range []struct {
		name   string
		change func(*Response)
		want   string // in the error; empty: accepted
	}{
		{"sound", func(*Response) {}, ""},
		{"of another invocation", func(r *Response) { r.Index = 3 }, "answer of invocation 3"},
		{"doesn't balance", func(r *Response) { r.Statements.NotStarted++ }, "don't balance"},
		{"negative", func(r *Response) { r.Statements.NotStarted, r.Statements.Unknown = -1, 4 }, "don't balance"},
		{"another plan", func(r *Response) { r.Statements.Planned, r.Statements.NotStarted = 11, 3 }, "11 statements planned, asked for 10"},
		{"success_count", func(r *Response) { r.SuccessCount = 26 }, "success_count 26, acknowledged statements hold 25 rows"},
		{"failed not named", func(r *Response) { r.Failed = nil }, "0 failed and 1 unknown statements named, 2 and 1 counted"},
		{"no latency", func(r *Response) { r.Latency = nil }, "latency holds another number"},
		{"latency of fewer", func(r *Response) { r.Latency.Count = 4 }, "latency holds another number"},
		{"failed and unknown at once", func(r *Response) { r.Unknown = Ranges{{1, 2}} }, "overlap"},
		{"failed twice", func(r *Response) { r.Failed = Ranges{{1, 2}, {1, 2}} }, "overlap"},
		{"failed and never started", func(r *Response) { r.Failed = Ranges{{7, 9}} }, "outside"},
		{"before the first", func(r *Response) { r.Unknown = Ranges{{-1, 0}} }, "outside"},
		{"backwards", func(r *Response) { r.Failed = Ranges{{5, 5}, {1, 3}} }, "overlap"},
		{"foreign with too many", func(r *Response) { r.Statements, r.SuccessCount, r.ErrorCount = nil, 40, 11 }, "success_count 40 and error_count 11 for 50 rows"},
		{"foreign with a negative", func(r *Response) { r.Statements, r.SuccessCount = nil, -1 }, "success_count -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Response{
				Scenario: Batch, SuccessCount: 25, Statements: &Account{Planned: 10, Acknowledged: 5, Failed: 2, Unknown: 1, NotStarted: 2},
				Failed: Ranges{{1, 3}}, Unknown: Ranges{{4, 5}}, Latency: &latency.Snapshot{Count: 5},
			}
			c.change(r)
			switch err := r.Check(asked); {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
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
