package main

import (
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
)

// layer puts values that flags were given over those of a Config.
type layer struct {
	config *bench.Config
	flags  *pflag.FlagSet
}

// given reports whether a flag was, and notes where the keys' values are from.
func (l layer) given(flag string, keys ...string) bool {
	if !l.flags.Changed(flag) { // never of a flag that the command doesn't have
		return false
	}
	for _, key := range keys {
		l.config.Origin[key] = named(l.flags, flag)
	}
	return true
}

// put sets *to where the flag was given.
func put[T any](l layer, flag, key string, to *T, value T) {
	if l.given(flag, key) {
		*to = value
	}
}

// putBoth is put for what both scenarios have.
func putBoth(l layer, flag, key1, key2 string, to1, to2 *int, value int) {
	if l.given(flag, "scenario_1."+key1, "scenario_2."+key2) {
		*to1, *to2 = value, value
	}
}

// lay puts the flags that were given over c.
func (f *flags) lay(c *bench.Config, s *pflag.FlagSet) {
	l := layer{c, s}
	put(l, "target", "target", &c.Target, bench.Target(f.target))
	put(l, "function-name", "lambda_function_name", &c.FunctionName, f.functionName)
	put(l, "region", "region", &c.Region, f.region)
	put(l, "scenario", "scenario", &c.Scenarios, scenariosOf(f.scenario))
	put(l, "event-type", "event_type", &c.EventType, bench.EventType(f.eventType))
	putBoth(l, "num-lambdas", "num_lambdas", "num_lambdas", &c.Individual.NumLambdas, &c.Batch.NumLambdas, f.numLambdas)
	putBoth(l, "iterations", "iterations", "iterations", &c.Individual.Iterations, &c.Batch.Iterations, f.iterations)
	putBoth(l, "count", "inserts_per_iteration", "rows_per_batch", &c.Individual.Count, &c.Batch.Count, f.count)
	put(l, "warm-up", "warm_up_invocations", &c.WarmUp, f.warmUp)
	put(l, "concurrency", "concurrency", &c.Concurrency, f.concurrency)
	put(l, "retries", "retries", &c.Retries, f.retries)
	put(l, "connect-rate", "connect_rate", &c.ConnectRate, f.connectRate)
	put(l, "seed", "seed", &c.Seed, f.seed)
	put(l, "verify", "verify", &c.Verify, bench.Verify(f.verify))
	put(l, "telemetry", "telemetry", &c.Telemetry, bench.TelemetryMode(f.telemetry))
	put(l, "telemetry-required", "telemetry_required", &c.TelemetryRequired, f.telemetryRequired)
	put(l, "trace-detail", "trace_detail", &c.TraceDetail, bench.TraceDetail(f.traceDetail))
	put(l, "slow", "slow_ms", &c.SlowMs, float64(f.slow)/float64(time.Millisecond))
	put(l, "threshold", "thresholds", &c.Thresholds, f.thresholds)
	put(l, "abort-on-fail", "abort_on_fail", &c.AbortOnFail, f.abortOnFail)
	put(l, "max-cost", "max_cost_usd", &c.MaxCost, f.maxCost)
	if f.noWarmUp {
		c.WarmUp = 0
	}
	if f.noRetry {
		c.Retries = 0
	}
}

// scenariosOf a --scenario; one that isn't known is left for Validate to name.
func scenariosOf(name string) []bench.Scenario {
	switch name {
	case "1":
		return []bench.Scenario{bench.Individual}
	case "2":
		return []bench.Scenario{bench.Batch}
	case "both":
		return bench.Scenarios()
	}
	return []bench.Scenario{bench.Scenario(name)}
}
