package doctor

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/quote/quotetest"
)

func TestHostileText(t *testing.T) {
	told := func(text string) (table, fault string) {
		r := &Report{Checks: []Check{failed("x", "%s", errors.New("x")), warning("x", "x"), ok("x")}}
		quotetest.Spoil(r, text)
		r.Checks[0].State, r.Checks[1].State, r.Checks[2].Cure = Failed, Warning, ""
		var b bytes.Buffer
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		return b.String(), strings.Join(quote.Lines(r.Err()), "\n")
	}
	hostile, hostileFault := told(quotetest.Hostile)
	harmless, harmlessFault := told(quotetest.Harmless)
	quotetest.Clean(t, hostile)
	quotetest.SameLines(t, hostile, harmless)
	quotetest.Clean(t, hostileFault)
	quotetest.SameLines(t, hostileFault, harmlessFault)
}

// A hint within what the database says is no advice of ours.
func TestForgedHint(t *testing.T) {
	text, hint := split(quote.Hint(errors.New("no\nhint: rm -rf /"), "look at it"))
	if text != `no\nhint: rm -rf /` || hint != "look at it" {
		t.Errorf("%q, %q", text, hint)
	}
}
