package check

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// The answer of the original Python function passes, and keeps its account.
func TestOriginalReply(t *testing.T) {
	text, err := os.ReadFile("../testdata/original_reply.json")
	if err != nil {
		t.Fatal(err)
	}
	var reply bench.Reply
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatal(err)
	}
	var body bench.ReplyBody
	if err := json.Unmarshal([]byte(reply.Body), &body); err != nil {
		t.Fatal(err)
	}
	asked := bench.Invocation{Scenario: bench.Batch, Iterations: 10, Count: 100, EventType: bench.CarCreated, Index: 3}
	if err := Response(body.Result, asked, &latency.Decoder{}); err != nil {
		t.Errorf("refused: %v", err)
	}
	if diff := cmp.Diff(bench.Account{Planned: 1000, Acknowledged: 800, Unknown: 200}, body.Result.Rows(asked)); diff != "" {
		t.Errorf("rows: -want +got\n%s", diff)
	}
}
