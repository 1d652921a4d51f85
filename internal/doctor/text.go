package doctor

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Text writes the report as a table with a line for each check and its cure below.
func (r *Report) Text(w io.Writer) error {
	r = quote.Copy(r)
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	found := map[State]int64{}
	for _, c := range r.Checks {
		found[c.State]++
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.State, c.Name, c.Text)
		if c.Cure != "" {
			fmt.Fprintf(t, "\t\tcure: %s\n", c.Cure)
		}
	}
	_ = t.Flush() // b takes everything
	fmt.Fprintf(&b, "\n%d failed, %s, %d ok, %d skipped\n", found[Failed], figure.Plural(found[Warning], "warning"), found[OK], found[Skipped])
	_, err := io.WriteString(w, b.String())
	return err
}
