package setting

import (
	"fmt"
	"math"

	"dsql-load-test/internal/bench"
)

func checks() []Setting {
	return []Setting{
		{
			Flag: "verify", Key: "verify", Group: Checks, For: Doctor, Kind: oneOf(bench.VerifyFull, bench.VerifyCount, bench.VerifyOff),
			Help:    "check of the table after the run: full (every planned id), count (number of rows) or off",
			Default: "full locally, count on AWS, off if the database is unknown, as with --endpoint-url alone",
			At:      func(v *Values) any { return &v.Config.Verify },
		},
		{
			Flag: "threshold", Key: "thresholds", Group: Checks,
			Help: "condition on a figure, repeatable or separated by commas: 'p99<50ms', 'batch.throughput>=4e4', 'error_rate<1%'; exit code 99 if one isn't met",
			Note: "Conditions on figures, such as \"p99<50ms\" or \"batch.throughput>40000\"; docs/thresholds.md lists the figures.",
			At:   func(v *Values) any { return &v.Config.Thresholds },
		},
		{
			Flag: "abort-on-fail", Key: "abort_on_fail", Group: Checks,
			Help: "send no more invocations as soon as a threshold can no longer be met",
			At:   func(v *Values) any { return &v.Config.AbortOnFail },
		},
		{
			Flag: "max-cost", Key: "max_cost_usd", Group: Checks,
			Kind: whole(0, maxCostUSD).as(fmt.Sprintf("0 (no limit) to %d US dollars", maxCostUSD)),
			Help: "refuse a plan whose estimated cost on AWS is higher, in US dollars; 0 means no limit. A local run is free: there the limit applies only to --dry-run",
			Note: "Refuse a plan whose estimated cost is higher, in US dollars; 0 means no limit.",
			At:   func(v *Values) any { return &v.Config.MaxCost },
		},
		{
			Flag: "prices", Group: Checks,
			Help: "price list that replaces the built-in one (docs/aws.md)",
			At:   func(v *Values) any { return &v.Prices },
		},
		{
			Flag: "skip-checks", Group: Checks, Idle: onlyWithDatabase,
			Help: "aws: skip the checks of driver doctor before the run; with a database: run even if its table doesn't fit the statements",
			At:   func(v *Values) any { return &v.SkipChecks },
		},
		{
			Flag: "dry-run", Group: Checks,
			Help: "print the plan, its connections and its estimated cost, and don't run it",
			At:   func(v *Values) any { return &v.DryRun },
		},
	}
}

func output() []Setting {
	return []Setting{
		{
			Flag: "out", Group: Output, For: Doctor, Kind: matching(`.`).as("a folder; . is the current one"),
			Help: "folder for the results file",
			At:   func(v *Values) any { return &v.Out },
		},
		{
			Flag: "junit", Group: Output,
			Help: "write the thresholds and checks to this file, as JUnit XML",
			At:   func(v *Values) any { return &v.JUnit },
		},
		{
			Flag: "no-html", Group: Output,
			Help: "write no HTML report next to the results file",
			At:   func(v *Values) any { return &v.NoHTML },
		},
		{
			Flag: "json", Group: Output,
			Help: "print JSON: the plan of --dry-run, the estimate of driver cost, or the results instead of the summary",
			At:   func(v *Values) any { return &v.JSON },
		},
		{
			Flag: "quiet", Group: Output, For: Doctor,
			Help: "print only the summary, no progress",
			At:   func(v *Values) any { return &v.Quiet },
		},
	}
}

func telemetry() []Setting {
	return []Setting{
		{
			Flag: "telemetry", Key: "telemetry", Group: Telemetry, For: Doctor,
			Kind: oneOf(bench.TelemetryAuto, bench.TelemetryRelay, bench.TelemetryOTLP, bench.TelemetryOff),
			Help: "how telemetry is sent: auto (relay if a collector answers), relay (in the responses), otlp (from the function to the collector) or off",
			At:   func(v *Values) any { return &v.Config.Telemetry },
		},
		{
			Flag: "telemetry-required", Key: "telemetry_required", Group: Telemetry, For: Doctor, Kind: Kind{check: telemetryOn},
			Help: "refuse to run without a collector; exit code 1 if telemetry is lost",
			At:   func(v *Values) any { return &v.Config.TelemetryRequired },
		},
		{
			Flag: "trace-detail", Key: "trace_detail", Group: Telemetry, For: Doctor, Kind: oneOf(bench.DetailAll, bench.DetailAuto, bench.DetailLogical),
			Help: "statements whose spans keep their children: all, auto (slow ones, failed ones and a sample) or logical (only the 50 slowest of each scenario)",
			At:   func(v *Values) any { return &v.Config.TraceDetail },
		},
		{
			Flag: "slow", Key: "slow_ms", Group: Telemetry, For: Doctor,
			Kind: Kind{Min: 0, Above: true, Max: maxSlowMs, Bounded: true, Auto: true, allowed: fmt.Sprintf("auto, or above 0 and at most %d (15 minutes)", maxSlowMs)},
			Help: fmt.Sprintf("latency from which a statement counts as slow, or auto for %d x the running median: its spans keep their children, and the dashboards compare its phases with those of fast statements", bench.SlowFactor),
			Note: fmt.Sprintf("Latency from which a statement counts as slow, in milliseconds, or \"auto\": %d x the running median.", bench.SlowFactor),
			At:   func(v *Values) any { return &v.Config.SlowMs },
		},
		{
			Flag: "collector-metrics-url", Group: Telemetry, Kind: webAddress(),
			Help: "counters of the collector itself, to know what it stored; empty asks port 8888 of the host that takes the telemetry",
			At:   func(v *Values) any { return &v.CollectorMetricsURL },
		},
		{
			Flag: "prometheus-url", Group: Telemetry, For: Doctor, Kind: webAddress(),
			Help: "Prometheus in which the metrics are counted after the run; empty skips this check",
			At:   func(v *Values) any { return &v.PrometheusURL },
		},
		{
			Flag: "jaeger-url", Was: "tempo-url", Group: Telemetry, For: Doctor, Kind: webAddress(),
			Help: "Jaeger in which some traces are checked for missing spans after the run; empty skips this check",
			At:   func(v *Values) any { return &v.JaegerURL },
		},
		{
			Flag: "grafana-url", Group: Telemetry, For: Doctor, Kind: webAddress(),
			Help: "Grafana that the links open; empty makes no links",
			At:   func(v *Values) any { return &v.GrafanaURL },
		},
		{
			Flag: "settle", Group: Telemetry, For: Doctor, Kind: duration(0, math.MaxInt64).as("0 or more"),
			Help: "longest wait for Prometheus, and then for Jaeger, to show the whole run",
			At:   func(v *Values) any { return &v.Settle },
		},
		{
			Flag: "cloudwatch", Group: Telemetry, Kind: oneOf("auto", "wait", "off").as("auto, wait or off"), Idle: onlyAWS,
			Help: "aws: fetch CloudWatch metrics after the run: auto (those already there), wait (until all are there, which takes minutes; so does auto with a threshold on them) or off",
			At:   func(v *Values) any { return &v.CloudWatch },
		},
	}
}
