package cost

import (
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/verify"
)

const (
	// maxConnections is the cluster's quota (Aurora DSQL User Guide, "Cluster quotas").
	maxConnections = 10_000
	// Lambda starts this many environments of a function at once, and as many again every
	// environmentsEvery (AWS Lambda Developer Guide, "Scaling behavior").
	environmentsBurst = 1000
	environmentsEvery = 10 * time.Second
)

// Forecast says what a run would do and cost, for driver run --dry-run and driver cost.
type Forecast struct {
	Target       bench.Target `json:"target"`
	TargetFrom   string       `json:"target_from"` // what chose it: "--region", "the default"
	Region       string       `json:"region"`
	FunctionName string       `json:"lambda_function_name"`
	// NotLookedUp says why the function wasn't looked up on AWS; empty if it was.
	NotLookedUp  string           `json:"not_looked_up"`
	Plans        []ForecastPlan   `json:"plans"` // in the order in which they run
	Statement    bench.Form       `json:"statement"`
	Connections  ForecastConnects `json:"connections"`
	Verification ForecastVerify   `json:"verification"`
	Cost         bench.Cost       `json:"cost"`
	Note         string           `json:"note,omitempty"` // about --max-cost
}

// ForecastPlan is the size of a scenario or of the warm-up.
type ForecastPlan struct {
	Name             string `json:"name"`
	Invocations      int    `json:"invocations"`
	Iterations       int    `json:"iterations"`
	Statements       int64  `json:"statements"`
	RowsPerStatement int    `json:"rows_per_statement"`
	Rows             int64  `json:"rows"`
	InFlight         int    `json:"in_flight"`
}

// ForecastConnects is how the run's connections are opened.
type ForecastConnects struct {
	AtOnce        int     `json:"at_once"`         // at most, one for each environment
	Burst         int     `json:"burst"`           // opened without delay
	RatePerSecond int     `json:"rate_per_second"` // after the burst; 0 is no limit
	RampSeconds   float64 `json:"ramp_seconds"`    // until the last one may be opened
	// LambdaRampSeconds is how long Lambda takes to start the environments.
	LambdaRampSeconds float64 `json:"lambda_ramp_seconds"`
}

// ForecastVerify says how many queries the verification takes.
type ForecastVerify struct {
	Mode      bench.Verify `json:"mode"`
	Queries   int64        `json:"queries"`
	Deletions int64        `json:"deletions"` // of the warm-up's rows
}

// Planned returns what the run of c costs on AWS by its plan. fn is the function as it is
// configured; nil if it wasn't looked up.
func Planned(c bench.Config, runID string, fn *bench.Function, prices Prices) bench.Cost {
	var warmUp *bench.Plan
	if p, ok := c.WarmUpPlan(runID); ok {
		warmUp = &p
	}
	sheet := Estimate(Work{Plans: c.Plans(runID), WarmUp: warmUp, Telemetry: c.Telemetry, Detail: c.TraceDetail}, fn, prices, c.Region)
	_, priced := prices.In(c.Region)
	return bench.Cost{Currency: "USD", Region: priced, PricesDate: prices.Date, Estimate: &sheet}
}

// Foresee returns the forecast of a run of c. fn is as in Planned. removable: the driver can
// reach the table and removes the warm-up's rows.
func Foresee(c bench.Config, fn *bench.Function, prices Prices, removable bool) Forecast {
	f := Forecast{Target: c.Target, TargetFrom: c.TargetFrom(), Region: c.Region, FunctionName: c.FunctionName, Statement: c.Statement, Cost: Planned(c, "", fn, prices)}
	f.Verification.Mode = c.Verify
	if p, ok := c.WarmUpPlan(""); ok {
		f.Plans = append(f.Plans, ofPlan(p))
		if removable {
			f.Verification.Deletions = packs(p.Rows())
		}
	}
	for _, p := range c.Plans("") {
		f.Plans = append(f.Plans, ofPlan(p))
		if c.Verify != bench.VerifyOff {
			f.Verification.Queries += packs(p.Rows())
		}
	}
	f.Connections = connects(c.InFlight(), c.ConnectRate)
	return f
}

// connects returns how n connections are opened at a rate of perSecond.
func connects(n, perSecond int) ForecastConnects {
	all := ForecastConnects{AtOnce: n, Burst: bench.ConnectBurst, RatePerSecond: perSecond}
	if perSecond > 0 {
		all.RampSeconds = float64(max(0, n-bench.ConnectBurst)) / float64(perSecond)
	}
	if waves := (n - 1) / environmentsBurst; waves > 0 {
		all.LambdaRampSeconds = float64(waves) * environmentsEvery.Seconds()
	}
	return all
}

// packs returns how many queries it takes to ask for that many ids.
func packs(ids int64) int64 { return (ids + verify.Chunk - 1) / verify.Chunk }

func ofPlan(p bench.Plan) ForecastPlan {
	name := string(p.Scenario)
	if p.WarmUp {
		name = "warm-up"
	}
	return ForecastPlan{
		Name: name, Invocations: p.Load.NumLambdas, Iterations: p.Load.Iterations, Statements: p.Statements(),
		RowsPerStatement: p.Invocation(0).RowsPerStatement(), Rows: p.Rows(), InFlight: p.Concurrency,
	}
}
