package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/quote/quotetest"
)

// spoiled is a record with everything in it, each text of which is text.
func spoiled(t *testing.T, text string) *bench.Record {
	t.Helper()
	r := everything(t)
	threshold.Judge(r)
	r.Verdict = judge.Record(r)
	r.Scenario1.Errors = []bench.InvocationError{{Index: 1}}
	r.Scenario1.InvocationErrors = map[string]int64{"x": 1}
	r.Scenario1.Throttles = map[string]int64{"x": 1, "y": 2}
	r.Run.LocalTarget = &bench.LocalTarget{Injected: map[string]int64{"a": 1}}
	r.TraceStore.Problem, r.Run.Function.Cluster = "x", "x"
	r.Verification = lostRecord(t).Verification
	r.Scenario1.Timeline[0].P50 = pointer(-1.5)
	quotetest.Spoil(r, text)
	return r
}

// both are what write makes of a hostile record and of a harmless one.
func both(t *testing.T, write func(io.Writer, *bench.Record) error) (hostile, harmless string) {
	t.Helper()
	hostile = string(rendered(t, write, spoiled(t, quotetest.Hostile)))
	harmless = string(rendered(t, write, spoiled(t, quotetest.Harmless)))
	quotetest.Clean(t, hostile)
	quotetest.SameLines(t, hostile, harmless)
	return hostile, harmless
}

func TestHostileText(t *testing.T) {
	hostile, _ := both(t, Text)
	if !strings.Contains(hostile, `\x1b[2J\x1b]0;title\a\r\nVERDICT: VALID\n`) {
		t.Error("what was hidden isn't shown")
	}
}

func TestHostileVerification(t *testing.T) {
	both(t, func(w io.Writer, r *bench.Record) error { return Verification(w, &r.Looks[0]) })
}

func TestHostileJSON(t *testing.T) { both(t, JSON) }

func TestHostileMarkdown(t *testing.T) {
	hostile, harmless := both(t, Markdown)
	if diff := cmp.Diff(markup(harmless), markup(hostile)); diff != "" {
		t.Errorf("-harmless +hostile\n%s\n%s", diff, hostile)
	}
}

// markup counts, line by line, what begins something in Markdown.
func markup(text string) (lines []map[rune]int) {
	for line := range strings.SplitSeq(text, "\n") {
		found, code, escaped := map[rune]int{}, false, false
		for i, r := range line {
			switch {
			case escaped:
				escaped = false
			case r == '\\' && !code:
				escaped = true
			case r == '`':
				code = !code
				found[r]++
			case r == '|', !code && (strings.ContainsRune("<[*_~@", r) || strings.HasPrefix(line[i:], "://") || strings.HasPrefix(line[i:], "www.")):
				found[r]++
			}
		}
		lines = append(lines, found)
	}
	return lines
}

func TestHostileCSV(t *testing.T) {
	r := spoiled(t, quotetest.Hostile)
	lines, err := csv.NewReader(bytes.NewReader(rendered(t, CSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	both(t, CSV)
	negative := false
	for _, line := range lines {
		for _, cell := range line {
			negative = negative || cell == "-1.5"
			for field := range strings.SplitSeq(cell, ";") { // which some spreadsheets part fields by
				if _, err := strconv.ParseFloat(field, 64); err != nil && field != "" && strings.ContainsAny(field[:1], "=+-@\t\r") {
					t.Errorf("a formula: %s", field)
				}
			}
		}
	}
	if !negative {
		t.Error("a negative number isn't one any more")
	}
}

func TestHostileJUnit(t *testing.T) {
	hostile, harmless := both(t, JUnit)
	if diff := cmp.Diff(elements(t, harmless), elements(t, hostile)); diff != "" {
		t.Errorf("-harmless +hostile\n%s", diff)
	}
}

// elements counts them by name.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			found[e.Name.Local]++
		}
	}
}

func TestHostileHistory(t *testing.T) {
	listed := func(text, name string) (table, asJSON string) {
		folder := t.TempDir()
		r, from := everything(t), spoiled(t, text) // words and numbers are checked before they are believed
		r.Run.Warnings, r.Run.Commit, r.Run.Host, r.Run.Versions = from.Run.Warnings, from.Run.Commit, from.Run.Host, from.Run.Versions
		r.Scenario1.Description, r.Scenario1.Errors = from.Scenario1.Description, from.Scenario1.Errors
		for name, text := range map[string][]byte{"results_" + name + ".json": rendered(t, JSON, r), "results_" + name + "2.json": []byte("{"), "results_" + name + "3.json": []byte(`{"schema_version":9}`)} {
			if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		h, err := ReadHistory(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Runs) != 1 || len(h.Unreadable) != 2 {
			t.Fatalf("%d runs; unreadable: %+v", len(h.Runs), h.Unreadable)
		}
		var a, b bytes.Buffer
		if err := errors.Join(h.Text(&a), h.JSON(&b)); err != nil {
			t.Fatal(err)
		}
		return a.String(), b.String()
	}
	hostile, hostileJSON := listed(quotetest.Hostile, "\x1b[2J\nVERDICT: VALID\nhint: forged\u202e")
	harmless, harmlessJSON := listed(quotetest.Harmless, "x")
	for text, as := range map[string]string{hostile: harmless, hostileJSON: harmlessJSON} {
		quotetest.Clean(t, text)
		quotetest.SameLines(t, text, as)
	}
	if !strings.Contains(hostile, "\n  hint: a newer driver reads it\n") {
		t.Errorf("our own hint is not a line:\n%s", hostile)
	}
}
