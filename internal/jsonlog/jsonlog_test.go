package jsonlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJSONLog(t *testing.T) {
	var out bytes.Buffer
	log, err := New("json", &out)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(log, "batch: 10 ")
	fmt.Fprint(log, "invocations\n\nwarning: mind the gap\nerror: no\n")
	fmt.Fprintln(OfRun(log, "01M85"), `hint: say "yes"`)
	var got []string
	for line := range strings.Lines(out.String()) {
		var r struct {
			Level, Msg string
			RunID      string `json:"run_id"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got = append(got, strings.TrimSpace(r.Level+" "+r.Msg+" "+r.RunID))
	}
	want := []string{"INFO batch: 10 invocations", "WARN mind the gap", "ERROR no", `INFO hint: say "yes" 01M85`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := New("xml", &out); err == nil || !strings.Contains(err.Error(), "--log-format xml: must be text or json") {
		t.Errorf("error %v", err)
	}
	if plain, err := New("text", &out); err != nil || plain != &out || OfRun(plain, "x") != &out {
		t.Error("text isn't written as it is")
	}
}
