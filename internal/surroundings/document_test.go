package surroundings

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// row is a row of a table in docs/environment.md.
type row struct {
	names []string // patterns
	cells []string // one for each place
	used  bool
}

// docs/environment.md has each variable with the effects in the list, and no other
// variable.
func TestDocument(t *testing.T) {
	t.Parallel()
	rows := documented(t)
	for _, v := range All(t) {
		r := rowOf(rows, v.Name)
		if r == nil {
			t.Errorf("%s stands in no row", v.Name)
			continue
		}
		r.used = true
		want := make([]string, 5)
		for i, place := range []string{"local", "url", "cluster", "aws", "telemetry"} {
			at, counts := v.At(place)
			switch {
			case at.Idle:
				want[i] = "told"
			case at.Refused:
				want[i] = "checked"
			case counts:
				want[i] = "counts"
			}
		}
		if diff := cmp.Diff(want, r.cells); diff != "" {
			t.Errorf("%s, in the row of %s (-list +document)\n%s", v.Name, r.names[0], diff)
		}
	}
	for _, r := range rows {
		if !r.used {
			t.Errorf("no variable of the list is in the row of %v", r.names)
		}
	}
}

func documented(t *testing.T) []*row {
	t.Helper()
	text, err := os.ReadFile("../../docs/environment.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []*row
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 || strings.HasPrefix(cells[1], "--") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		r := &row{cells: cells[2:7]}
		for _, match := range regexp.MustCompile("`([A-Za-z0-9_*]+)`").FindAllStringSubmatch(cells[1], -1) {
			r.names = append(r.names, match[1])
		}
		if len(r.names) > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

// rowOf returns the row with the longest pattern that matches a name.
func rowOf(rows []*row, name string) (best *row) {
	longest := 0
	for _, r := range rows {
		for _, pattern := range r.names {
			if ok, err := path.Match(pattern, name); err == nil && ok && len(pattern) > longest {
				best, longest = r, len(pattern)
			}
		}
	}
	return best
}

// Each pattern in the document matches a variable of the list.
func TestDocumentedPatterns(t *testing.T) {
	t.Parallel()
	all := All(t)
	for _, r := range documented(t) {
		for _, pattern := range r.names {
			if !slices.ContainsFunc(all, func(v Variable) bool { ok, err := path.Match(pattern, v.Name); return err == nil && ok }) {
				t.Errorf("%s fits no variable of the list", pattern)
			}
		}
	}
}
