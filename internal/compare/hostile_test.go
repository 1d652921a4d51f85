package compare

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote/quotetest"
)

// spoiled sets runs against each other each text of which is text.
func spoiled(t *testing.T, text string) *Comparison {
	t.Helper()
	sides := repeats()
	for i := range sides {
		s := &sides[i]
		for _, r := range s.Records {
			id := r.Run.ID
			quotetest.Spoil(r, text)
			r.Run.ID, r.Scenario2.Scenario = text+id, bench.Batch
			r.Run.Config.Scenarios = bench.Scenarios()
			r.Verdict = &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{{Severity: bench.Suspect, Code: text, Text: text}}}
		}
		quotetest.Spoil(&s.Name, text)
		quotetest.Spoil(&s.Files, text)
		sides[1].Records[0].Run.Host.OS = text + " too" // a difference
	}
	c, err := Compare(sides, Options{Alpha: DefaultAlpha, RunNoise: DefaultRunNoise})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Against[0].Differences) == 0 || len(c.Against[0].Warnings) == 0 {
		t.Fatal("no difference, or no warning, shows texts of the records")
	}
	return c
}

func TestHostileText(t *testing.T) {
	hostile, harmless := spoiled(t, quotetest.Hostile), spoiled(t, quotetest.Harmless)
	tags := regexp.MustCompile(`<[a-zA-Z/!][^ >]*`)
	for name, write := range map[string]func(*Comparison, io.Writer) error{
		"text": func(c *Comparison, w io.Writer) error { return c.Text(w, false) }, "markdown": (*Comparison).Markdown, "html": (*Comparison).HTML, "json": (*Comparison).JSON,
	} {
		t.Run(name, func(t *testing.T) {
			var bad, good bytes.Buffer
			if err := write(hostile, &bad); err != nil {
				t.Fatal(err)
			}
			if err := write(harmless, &good); err != nil {
				t.Fatal(err)
			}
			quotetest.Clean(t, bad.String())
			quotetest.SameLines(t, bad.String(), good.String())
			if name != "html" && name != "markdown" {
				return
			}
			if a, b := tags.FindAllString(bad.String(), -1), tags.FindAllString(good.String(), -1); strings.Join(a, "") != strings.Join(b, "") {
				t.Errorf("%d tags, of harmless texts %d", len(a), len(b))
			}
			if name == "markdown" && strings.Contains(strings.ReplaceAll(bad.String(), `\[`, ""), "[") {
				t.Error("a link begins")
			}
		})
	}
}
