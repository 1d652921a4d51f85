package html

import (
	"strings"
	"testing"

	"dsql-load-test/internal/report/html/htmltest"
)

// Spans that were left out by rule are reported as not kept, with their rows.
func TestNotKept(t *testing.T) {
	r := htmltest.Full(t, htmltest.Small())
	if page := said(render(t, r)); strings.Contains(page, "ot kept") {
		t.Error("a run that kept all has spans not kept")
	}
	r.Telemetry.Spans.NotKept, r.Telemetry.NotKeptRows = 1234, 2468
	page := said(render(t, r))
	for _, part := range []string{"1,234 spans", "with 2,468 rows: of fast statements", "not kept: statements without a span"} {
		if !strings.Contains(page, part) {
			t.Errorf("%q isn't in the page", part)
		}
	}
}
