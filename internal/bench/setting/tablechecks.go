package setting

import (
	"fmt"
	"math"

	"dsql-load-test/internal/bench"
)

func checks() []Setting {
	return []Setting{
		{
			Flag: "verify", Key: "verify", Group: Checks, Kind: oneOf(bench.VerifyFull, bench.VerifyCount, bench.VerifyOff), Unset: true,
			Help: "look at the table afterwards: full, count or off (default full locally, count on AWS, off where nothing says which database it is, as with --endpoint-url alone)",
			Note: "How the table is looked at afterwards: full (each planned id), count (their number), off.",
			At:   func(v *Values) any { return &v.Config.Verify },
		},
		{
			Flag: "threshold", Key: "thresholds", Group: Checks,
			Help: "a demand on a figure, repeatable or separated by commas: 'p99<50ms', 'batch.throughput>=4e4', 'error_rate<1%'; one that isn't met is exit code 99",
			Note: "Demands on figures, such as \"p99<50ms\" or \"batch.throughput>40000\"; docs/thresholds.md lists the figures.",
			At:   func(v *Values) any { return &v.Config.Thresholds },
		},
		{
			Flag: "abort-on-fail", Key: "abort_on_fail", Group: Checks,
			Help: "end the run when a threshold can't be met any more",
			Note: "Whether a threshold that can't be met any more ends the run.",
			At:   func(v *Values) any { return &v.Config.AbortOnFail },
		},
		{
			Flag: "max-cost", Key: "max_cost_usd", Group: Checks,
			Kind: whole(0, maxCostUSD).as(fmt.Sprintf("0 (no limit) to %d US dollars", maxCostUSD)),
			Help: "refuse a plan whose estimated cost on AWS is higher, US dollars; 0 means no limit; a local run costs nothing, so locally it is --dry-run that refuses",
			Note: "Refuses a plan whose estimated cost is dearer, US dollars; 0 is no limit.",
			At:   func(v *Values) any { return &v.Config.MaxCost },
		},
		{
			Flag: "prices", Group: Checks,
			Help: "file with prices instead of the built-in ones (docs/aws.md)",
			At:   func(v *Values) any { return &v.Prices },
		},
		{
			Flag: "skip-checks", Group: Checks, Idle: onlyWithDatabase,
			Help: "aws: don't do first what driver doctor does; with a database: run in spite of a table that isn't as the statements need it",
			At:   func(v *Values) any { return &v.SkipChecks },
		},
		{
			Flag: "dry-run", Group: Checks,
			Help: "print the plan, its connections and its estimated cost, and run nothing",
			At:   func(v *Values) any { return &v.DryRun },
		},
	}
}

func output() []Setting {
	return []Setting{
		{
			Flag: "out", Group: Output, Kind: filled().as("a folder; . is the current one"),
			Help: "folder for the results file",
			At:   func(v *Values) any { return &v.Out },
		},
		{
			Flag: "junit", Group: Output,
			Help: "file for the thresholds and checks as JUnit XML",
			At:   func(v *Values) any { return &v.JUnit },
		},
		{
			Flag: "no-html", Group: Output,
			Help: "no HTML report beside the results file",
			At:   func(v *Values) any { return &v.NoHTML },
		},
		{
			Flag: "json", Group: Output,
			Help: "print --dry-run or driver cost, or the results instead of the summary, as JSON",
			At:   func(v *Values) any { return &v.JSON },
		},
		{
			Flag: "quiet", Group: Output,
			Help: "no progress, only the summary",
			At:   func(v *Values) any { return &v.Quiet },
		},
	}
}

func telemetry() []Setting {
	return []Setting{
		{
			Flag: "telemetry", Key: "telemetry", Group: Telemetry,
			Kind: oneOf(bench.TelemetryAuto, bench.TelemetryRelay, bench.TelemetryOTLP, bench.TelemetryOff),
			Help: "auto (relay, when a collector answers), relay (in the responses), otlp (from the function to the collector) or off",
			Note: "How the run is observed: auto (relay, when a collector answers), relay (in the responses), otlp (from the function to the collector), off.",
			At:   func(v *Values) any { return &v.Config.Telemetry },
		},
		{
			Flag: "telemetry-required", Key: "telemetry_required", Group: Telemetry, Kind: Kind{check: telemetryOn},
			Help: "no run without a collector, and exit code 1 when telemetry was lost",
			Note: "Whether lost telemetry fails the run.",
			At:   func(v *Values) any { return &v.Config.TelemetryRequired },
		},
		{
			Flag: "trace-detail", Key: "trace_detail", Group: Telemetry, Kind: oneOf(bench.DetailAll, bench.DetailAuto, bench.DetailLogical),
			Help: "spans below statements: all, auto (the slow, the failed and a sample) or logical (only the 50 slowest of each scenario)",
			Note: "Which statements keep the spans below their own: all, auto (the slow, the failed and a sample), logical (none).",
			At:   func(v *Values) any { return &v.Config.TraceDetail },
		},
		{
			Flag: "slow", Key: "slow_ms", Group: Telemetry,
			Kind: Kind{Min: 0, Above: true, Max: maxSlowMs, Bounded: true, allowed: fmt.Sprintf("above 0, at most %d (15 minutes)", maxSlowMs)},
			Help: "latency from which on a statement counts as slow: it keeps its detail, and the dashboards count it and set its phases against the others'",
			Note: "Latency from which on a statement counts as slow, milliseconds.",
			At:   func(v *Values) any { return &v.Config.SlowMs },
		},
		{
			Flag: "prometheus-url", Group: Telemetry, Kind: webAddress(),
			Help: "where the run's metrics are counted afterwards; empty asks nobody",
			At:   func(v *Values) any { return &v.PrometheusURL },
		},
		{
			Flag: "jaeger-url", Was: "tempo-url", Group: Telemetry, Kind: webAddress(),
			Help: "Jaeger, where some of the run's traces are opened afterwards to check that all their spans are there; empty asks nobody",
			At:   func(v *Values) any { return &v.JaegerURL },
		},
		{
			Flag: "grafana-url", Group: Telemetry, Kind: webAddress(),
			Help: "Grafana that the links lead to; empty makes none",
			At:   func(v *Values) any { return &v.GrafanaURL },
		},
		{
			Flag: "settle", Group: Telemetry, Kind: duration(0, math.MaxInt64).as("0 or more"),
			Help: "how long Prometheus, and after it Jaeger, may take to show the whole run",
			At:   func(v *Values) any { return &v.Settle },
		},
		{
			Flag: "cloudwatch", Group: Telemetry, Kind: oneOf("auto", "wait", "off").as("auto, wait or off"), Idle: onlyAWS,
			Help: "aws: fetch CloudWatch's metrics after the run: auto (what is there), wait (until all are there, minutes) or off",
			At:   func(v *Values) any { return &v.CloudWatch },
		},
	}
}
