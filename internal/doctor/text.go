package doctor

import (
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/quote"
)

// Text writes the report as a table, a line a check, with its cure below.
func (r *Report) Text(w io.Writer) error {
	r = quote.Copy(r)
	var b strings.Builder
	state, name := 0, 0
	found := map[State]int{}
	for _, c := range r.Checks {
		state, name = max(state, len(c.State)), max(name, len(c.Name))
		found[c.State]++
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", state, c.State, name, c.Name, c.Text)
		if c.Cure != "" {
			fmt.Fprintf(&b, "%-*s  %-*s  cure: %s\n", state, "", name, "", c.Cure)
		}
	}
	warnings := "warnings"
	if found[Warning] == 1 {
		warnings = "warning"
	}
	fmt.Fprintf(&b, "\n%d failed, %d %s, %d ok, %d skipped\n", found[Failed], found[Warning], warnings, found[OK], found[Skipped])
	_, err := io.WriteString(w, b.String())
	return err
}
