package cost

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/verify"
)

// WriteCost prints only what a run would cost on AWS.
func (f Forecast) WriteCost(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, f.Cost)
	}
	f = quote.Copy(f)
	var b strings.Builder
	f.writeNotLookedUp(&b)
	f.writeCost(&b)
	_, err := io.WriteString(w, strings.TrimLeft(b.String(), "\n"))
	return err
}

func writeJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the plan: %w", err)
	}
	_, err = quote.JSONWriter(w).Write(append(text, '\n'))
	return err
}

// writeNotLookedUp says which facts are assumptions because AWS wasn't asked, and why.
func (f *Forecast) writeNotLookedUp(w io.Writer) {
	if f.NotLookedUp != "" {
		fmt.Fprintf(w, "Not looked up: the function's memory, architecture, time-out and cluster, and the account's quotas (%s)\n", f.NotLookedUp)
	}
}

// Write prints what a run would do and what it would cost on AWS.
func (f Forecast) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, f)
	}
	f = quote.Copy(f)
	var b strings.Builder
	fmt.Fprintf(&b, "Dry run: nothing was started.\n\nPlan: target %s (%s), region %s, function %s\n", f.Target, bench.ChosenBy(f.TargetFrom), f.Region, f.FunctionName)
	f.writeNotLookedUp(&b)
	f.writePlans(&b)
	f.writeConnections(&b)
	f.writeCost(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writePlans prints a table with a column for each plan.
func (f *Forecast) writePlans(w io.Writer) {
	for _, row := range []struct {
		name string
		of   func(ForecastPlan) string
	}{
		{"", func(p ForecastPlan) string { return p.Name }},
		{"Invocations", func(p ForecastPlan) string { return figure.Count(int64(p.Invocations)) }},
		{"Iterations", func(p ForecastPlan) string { return figure.Count(int64(p.Iterations)) }},
		{"Statements", func(p ForecastPlan) string { return figure.Count(p.Statements) }},
		{"Rows per statement", func(p ForecastPlan) string { return figure.Count(int64(p.RowsPerStatement)) }},
		{"Rows", func(p ForecastPlan) string { return figure.Count(p.Rows) }},
		{"In flight", func(p ForecastPlan) string { return figure.Count(int64(p.InFlight)) }},
	} {
		fmt.Fprintf(w, "  %-20s", row.name)
		for _, p := range f.Plans {
			fmt.Fprintf(w, " %14s", row.of(p))
		}
		fmt.Fprintln(w)
	}
	if f.Statement == bench.ByUnnest {
		fmt.Fprintf(w, "  %-20s %14s\n", "Form of the INSERTs", f.Statement)
	}
}

func (f *Forecast) writeConnections(w io.Writer) {
	c := f.Connections
	ramp := fmt.Sprintf("%s at once, then %s a second: the last after %.1f s", figure.Count(int64(c.Burst)), figure.Count(int64(c.RatePerSecond)), c.RampSeconds)
	switch {
	case c.AtOnce <= c.Burst:
		ramp = fmt.Sprintf("all at once, because the cluster takes %s", figure.Count(int64(c.Burst)))
	case c.RatePerSecond == 0:
		ramp = "all at once: --connect-rate 0 sets no limit, but the cluster does"
	}
	fmt.Fprintf(w, "\nConnections\n  %-20s %s at most, one an environment\n  %-20s %s\n", "At once", figure.Count(int64(c.AtOnce)), "Opened", ramp)
	if c.LambdaRampSeconds > 0 {
		fmt.Fprintf(w, "  %-20s %s environments, then as many every %v: the last after %.0f s\n", "Lambda starts", figure.Count(environmentsBurst), environmentsEvery, c.LambdaRampSeconds)
	}
	if c.AtOnce > maxConnections {
		fmt.Fprintf(w, "  %-20s more than the cluster's quota of %s, unless it was raised\n", "Too many", figure.Count(maxConnections))
	}
	f.writeBesides(w)
}

// writeBesides prints the queries that aren't part of the load.
func (f *Forecast) writeBesides(w io.Writer) {
	v := f.Verification
	asked := "no query"
	if v.Queries > 0 {
		asked = fmt.Sprintf("%s queries of up to %s ids", figure.Count(v.Queries), figure.Count(verify.Chunk))
	}
	fmt.Fprintf(w, "\nBesides\n  %-20s %s\n", "Verification ("+string(v.Mode)+")", asked)
	if name := f.Plans[0].Name; name == "warm-up" && v.Deletions == 0 {
		where := ": nothing says where that is"
		if f.NotLookedUp != "" {
			where = " unless the function's environment says where that is"
		}
		fmt.Fprintf(w, "  %-20s its %s rows stay in the table%s\n", "Warm-up", figure.Count(f.Plans[0].Rows), where)
	}
	if v.Deletions > 0 {
		fmt.Fprintf(w, "  %-20s its %s rows are removed, up to %s at once\n", "Warm-up", figure.Count(f.Plans[0].Rows), figure.Count(verify.Chunk))
	}
}

func (f *Forecast) writeCost(w io.Writer) {
	title := "Estimated cost"
	if f.Target == bench.Local {
		title = "A local run costs nothing. The same plan on AWS"
	}
	fmt.Fprintf(w, "\n%s (%s)\n", title, f.Cost.Prices(f.Region))
	if f.Note != "" {
		fmt.Fprintf(w, "  NOTE: %s\n", f.Note)
	}
	WriteSheet(w, f.Cost.Estimate)
}
