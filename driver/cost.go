package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/verify"
)

const (
	// maxConnections is the cluster's quota (Aurora DSQL User Guide, "Cluster quotas").
	maxConnections = 10_000
	// Lambda starts so many environments of a function at once, and as many again
	// every environmentsEvery (AWS Lambda Developer Guide, "Scaling behavior").
	environmentsBurst = 1000
	environmentsEvery = 10 * time.Second
)

// forecast is what --dry-run tells of a run.
type forecast struct {
	Target       bench.Target `json:"target"`
	TargetFrom   string       `json:"target_from"` // what chose it: "--region", "the default"
	Region       string       `json:"region"`
	FunctionName string       `json:"lambda_function_name"`
	// NotLookedUp is why AWS wasn't asked of the function as it is; empty when it was.
	NotLookedUp  string           `json:"not_looked_up"`
	Plans        []forecastPlan   `json:"plans"` // in the order in which they run
	Connections  forecastConnects `json:"connections"`
	Verification forecastVerify   `json:"verification"`
	Cost         bench.Cost       `json:"cost"`
	Note         string           `json:"note,omitempty"` // on --max-cost
}

// forecastPlan is the size of a scenario or of the warm-up.
type forecastPlan struct {
	Name             string `json:"name"`
	Invocations      int    `json:"invocations"`
	Iterations       int    `json:"iterations"`
	Statements       int64  `json:"statements"`
	RowsPerStatement int    `json:"rows_per_statement"`
	Rows             int64  `json:"rows"`
	InFlight         int    `json:"in_flight"`
}

// forecastConnects is how the run's connections are opened.
type forecastConnects struct {
	AtOnce        int     `json:"at_once"`         // at most: one an environment
	Burst         int     `json:"burst"`           // opened without delay
	RatePerSecond int     `json:"rate_per_second"` // after it; 0 doesn't hold back
	RampSeconds   float64 `json:"ramp_seconds"`    // until the last one may be opened
	// LambdaRampSeconds is how long Lambda takes to start the environments.
	LambdaRampSeconds float64 `json:"lambda_ramp_seconds"`
}

// forecastVerify is what is asked of the table afterwards.
type forecastVerify struct {
	Mode      bench.Verify `json:"mode"`
	Queries   int64        `json:"queries"`
	Deletions int64        `json:"deletions"` // of the warm-up's rows
}

// plannedCost is what the run of c costs on AWS by its plan. fn may be nil.
func plannedCost(c bench.Config, runID string, fn *bench.Function, prices cost.Prices) bench.Cost {
	var warmUp *bench.Plan
	if p, ok := c.WarmUpPlan(runID); ok {
		warmUp = &p
	}
	sheet := cost.Estimate(c.Plans(runID), warmUp, fn, prices, c.Region)
	_, priced := prices.In(c.Region)
	return bench.Cost{Currency: "USD", Region: priced, PricesDate: prices.Date, Estimate: &sheet}
}

// forecastOf is the forecast of a run of c. fn is the function as it is configured, nil
// when nobody asked. removable: the driver can reach the table, and removes the
// warm-up's rows.
func forecastOf(c bench.Config, fn *bench.Function, prices cost.Prices, removable bool) forecast {
	f := forecast{Target: c.Target, TargetFrom: c.TargetFrom(), Region: c.Region, FunctionName: c.FunctionName, Cost: plannedCost(c, "", fn, prices)}
	f.Verification.Mode, f.Note = c.Verify, limitNote(&c, &f.Cost)
	if p, ok := c.WarmUpPlan(""); ok {
		f.Plans = append(f.Plans, forecastOfPlan(p))
		if removable {
			f.Verification.Deletions = packs(p.Rows())
		}
	}
	for _, p := range c.Plans("") {
		f.Plans = append(f.Plans, forecastOfPlan(p))
		if c.Verify != bench.VerifyOff {
			f.Verification.Queries += packs(p.Rows())
		}
	}
	n := c.InFlight()
	f.Connections = forecastConnects{AtOnce: n, Burst: bench.ConnectBurst, RatePerSecond: c.ConnectRate}
	if c.ConnectRate > 0 {
		f.Connections.RampSeconds = float64(max(0, n-bench.ConnectBurst)) / float64(c.ConnectRate)
	}
	if waves := (n - 1) / environmentsBurst; waves > 0 {
		f.Connections.LambdaRampSeconds = float64(waves) * environmentsEvery.Seconds()
	}
	return f
}

// packs is how many queries so many ids take.
func packs(ids int64) int64 { return (ids + verify.Chunk - 1) / verify.Chunk }

func forecastOfPlan(p bench.Plan) forecastPlan {
	name := string(p.Scenario)
	if p.WarmUp {
		name = "warm-up"
	}
	return forecastPlan{
		Name: name, Invocations: p.Load.NumLambdas, Iterations: p.Load.Iterations, Statements: p.Statements(),
		RowsPerStatement: p.Invocation(0).RowsPerStatement(), Rows: p.Rows(), InFlight: p.Concurrency,
	}
}

// costCommand is run --dry-run of which the cost alone is printed.
func costCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Print what a run with the same flags is estimated to cost on AWS",
		Long: `Print what a run with the same flags is estimated to cost on AWS, and what the
estimate rests on. Nothing is started. It takes all flags of driver run; what has no
effect on the cost is looked at for faults only. driver run --dry-run shows the plan
and its connections too.

With --target aws the function's memory and architecture are asked for where there
are AWS credentials, else assumed.

Exit codes: 0 printed; 2 usage, a check on AWS failed, or the estimate is above
--max-cost.`,
		Example: `  driver cost
  driver cost --scenario 2 --num-lambdas 5000 --count 500
  driver cost --function-name my-load-test --region eu-west-1 --max-cost 5 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := f.resolve(cmd, lookup)
			if err := errors.Join(err, f.checkOutcome(&config)); err != nil {
				return usage(err)
			}
			f.sayTarget(cmd.ErrOrStderr(), &config)
			return f.forecast(cmd, config, true)
		},
	}
	f.addAll(cmd.Flags())
	return cmd
}

// showCost prints what a run would cost on AWS.
func showCost(w io.Writer, f forecast, asJSON bool) error {
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

// writeNotLookedUp says what of AWS is assumed, and why.
func (f *forecast) writeNotLookedUp(w io.Writer) {
	if f.NotLookedUp != "" {
		fmt.Fprintf(w, "Not looked up: the function's memory, architecture, time-out and cluster, and the account's quotas (%s)\n", f.NotLookedUp)
	}
}

// dryRun prints what a run would do and what it would cost on AWS.
func dryRun(w io.Writer, f forecast, asJSON bool) error {
	if asJSON {
		return writeJSON(w, f)
	}
	f = quote.Copy(f)
	var b strings.Builder
	fmt.Fprintf(&b, "Dry run: nothing was started.\n\nPlan: target %s (%s), region %s, function %s\n", f.Target, from(f.TargetFrom), f.Region, f.FunctionName)
	f.writeNotLookedUp(&b)
	f.writePlans(&b)
	f.writeConnections(&b)
	f.writeCost(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writePlans has a column for each plan.
func (f *forecast) writePlans(w io.Writer) {
	for _, row := range []struct {
		name string
		of   func(forecastPlan) string
	}{
		{"", func(p forecastPlan) string { return p.Name }},
		{"Invocations", func(p forecastPlan) string { return figure.Count(int64(p.Invocations)) }},
		{"Iterations", func(p forecastPlan) string { return figure.Count(int64(p.Iterations)) }},
		{"Statements", func(p forecastPlan) string { return figure.Count(p.Statements) }},
		{"Rows per statement", func(p forecastPlan) string { return figure.Count(int64(p.RowsPerStatement)) }},
		{"Rows", func(p forecastPlan) string { return figure.Count(p.Rows) }},
		{"In flight", func(p forecastPlan) string { return figure.Count(int64(p.InFlight)) }},
	} {
		fmt.Fprintf(w, "  %-20s", row.name)
		for _, p := range f.Plans {
			fmt.Fprintf(w, " %14s", row.of(p))
		}
		fmt.Fprintln(w)
	}
}

func (f *forecast) writeConnections(w io.Writer) {
	c := f.Connections
	ramp := fmt.Sprintf("%s at once, then %s a second: the last after %.1f s", figure.Count(int64(c.Burst)), figure.Count(int64(c.RatePerSecond)), c.RampSeconds)
	switch {
	case c.AtOnce <= c.Burst:
		ramp = fmt.Sprintf("all at once, for the cluster takes %s", figure.Count(int64(c.Burst)))
	case c.RatePerSecond == 0:
		ramp = "all at once: --connect-rate 0 doesn't hold back, the cluster does"
	}
	fmt.Fprintf(w, "\nConnections\n  %-20s %s at most, one an environment\n  %-20s %s\n", "At once", figure.Count(int64(c.AtOnce)), "Opened", ramp)
	if c.LambdaRampSeconds > 0 {
		fmt.Fprintf(w, "  %-20s %s environments, then as many every %v: the last after %.0f s\n", "Lambda starts", figure.Count(environmentsBurst), environmentsEvery, c.LambdaRampSeconds)
	}
	if c.AtOnce > maxConnections {
		fmt.Fprintf(w, "  %-20s more than the cluster's quota of %s, unless it was raised\n", "Too many", figure.Count(maxConnections))
	}
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

func (f *forecast) writeCost(w io.Writer) {
	title := "Estimated cost"
	if f.Target == bench.Local {
		title = "A local run costs nothing. The same plan on AWS"
	}
	fmt.Fprintf(w, "\n%s (%s)\n", title, f.Cost.Prices(f.Region))
	if f.Note != "" {
		fmt.Fprintf(w, "  NOTE: %s\n", f.Note)
	}
	writeSheet(w, f.Cost.Estimate)
}

// writeSheet prints a calculation with what it rests on.
func writeSheet(w io.Writer, s *bench.CostSheet) {
	line := func(name, amount string, usd *float64) {
		price := "not known"
		if usd != nil {
			price = cost.USD(*usd)
		}
		fmt.Fprintf(w, "  %-20s %20s %14s\n", name, amount, price)
	}
	line("Lambda requests", figure.Count(s.Requests), &s.RequestsUSD)
	line("Lambda duration", decimal(s.GBSeconds)+" GB s", &s.DurationUSD)
	if init := s.InitGBSeconds; init != nil && s.GBSeconds > 0 {
		usd := s.DurationUSD * *init / s.GBSeconds
		line("  of it INIT", decimal(*init)+" GB s", &usd)
	}
	dpu := ""
	if s.DPU != nil {
		dpu = decimal(*s.DPU) + " DPU"
	}
	line("DSQL", dpu, s.DPUUSD)
	line("Total", "", &s.TotalUSD)
	if s.PerMillionRowUSD != nil {
		line("Per million rows", "", s.PerMillionRowUSD)
	}
	for _, sentence := range s.Basis {
		fmt.Fprintf(w, "  - %s\n", sentence)
	}
}

// decimal is a number with thousands grouped, and two digits after the point
// unless it is whole or large.
func decimal(v float64) string {
	size := math.Abs(v)
	if size >= 1<<53 || math.IsNaN(v) {
		return fmt.Sprintf("%g", v)
	}
	text := figure.Count(int64(math.Round(size)))
	if size != math.Trunc(size) && size < 10_000 {
		hundredths := int64(math.Round(size * 100))
		text = fmt.Sprintf("%s.%02d", figure.Count(hundredths/100), hundredths%100)
	}
	if v < 0 && strings.ContainsAny(text, "123456789") {
		return "-" + text
	}
	return text
}
