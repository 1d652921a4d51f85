package setting

import (
	"fmt"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
)

// The largest values that a run accepts. Package bench has the others.
const (
	maxConnectRate = 100_000
	maxSlowMs      = 900_000 // Lambda's longest time-out
	maxCostUSD     = 1_000_000
	maxRepeat      = 1000
)

// Table returns a row for each setting of driver run; a flag that sets a value of each
// scenario has two. Flags, variables, config.json, both JSON Schemas, help, completion and
// the README's list come from it.
func Table() []Setting {
	return slices.Concat(plan(), target(), localTarget(), load(), checks(), output(), telemetry())
}

func plan() []Setting {
	return []Setting{
		{
			Flag: "scenario", Key: "scenario", NotFile: true, Group: Plan, For: Doctor | Cleanup, Kind: Kind{Words: []string{"1", "2", "both"}, check: knownScenarios},
			Help: "scenarios to run: 1 (individual inserts), 2 (batches) or both",
			At:   func(v *Values) any { return &v.Config.Scenarios },
		},
		lambdas("scenario_1", func(v *Values) any { return &v.Config.Individual.NumLambdas }),
		lambdas("scenario_2", func(v *Values) any { return &v.Config.Batch.NumLambdas }),
		iterations("scenario_1", func(v *Values) any { return &v.Config.Individual.Iterations }),
		iterations("scenario_2", func(v *Values) any { return &v.Config.Batch.Iterations }),
		{
			Flag: "count", Key: "scenario_1.inserts_per_iteration", Group: Plan, For: Doctor | Cleanup, Kind: whole(1, bench.MaxCount),
			Help:    "inserts per iteration (scenario 1), rows per batch (scenario 2)",
			Default: "1 and 100",
			Note:    "Inserts per iteration, one row each.",
			At:      func(v *Values) any { return &v.Config.Individual.Count },
		},
		{
			Flag: "count", Key: "scenario_2.rows_per_batch", Group: Plan, For: Doctor | Cleanup,
			Kind: Kind{Min: 1, Max: bench.MaxTransactionRows, Bounded: true, check: rowsPerBatch},
			Note: "Rows per batch, one batch per iteration; DSQL allows 3000 rows in a transaction.",
			At:   func(v *Values) any { return &v.Config.Batch.Count },
		},
		description("scenario_1", func(v *Values) any { return &v.Config.Individual.Description }),
		description("scenario_2", func(v *Values) any { return &v.Config.Batch.Description }),
		{
			Flag: "event-type", Key: "event_type", Group: Plan, For: Doctor, Kind: oneOf(bench.EventTypes()...),
			Help: "event type: " + bench.Join(bench.EventTypes()) + "; random is an even mix of the original suite's four",
			At:   func(v *Values) any { return &v.Config.EventType },
		},
		{
			Flag: "statement", Key: "statement", Group: Plan, For: Doctor, Kind: oneOf(bench.Forms()...),
			Help: "form of the INSERT in both scenarios: values (six parameters a row) or unnest (SELECT ... FROM unnest, an array for each column; not tried on a DSQL cluster)",
			At:   func(v *Values) any { return &v.Config.Statement },
		},
		{
			Flag: "seed", Key: "seed", Group: Plan, For: Doctor, Kind: whole(0, bench.MaxSeed),
			Help:    "seed of the random values in the events, and of the faults that --fault injects",
			Default: "random",
			At:      func(v *Values) any { return &v.Config.Seed },
		},
		{
			Flag: "warm-up", Key: "warm_up_invocations", Group: Plan, For: Doctor | Cleanup, Kind: whole(0, bench.MaxWarmUp), Opposite: "no-warm-up",
			Help:    "invocations before the measurement, one insert each, whose rows are removed again; 0 means none",
			Default: fmt.Sprintf("as many as are in flight, %d at most", bench.ConnectBurst),
			At:      func(v *Values) any { return &v.Config.WarmUp },
		},
		{
			Flag: "no-warm-up", Group: Plan, For: Doctor, Opposite: "warm-up",
			Help: "same as --warm-up 0; without a warm-up, a run in which every row fails isn't stopped early",
			At:   func(v *Values) any { return &v.NoWarmUp },
		},
		{
			Key: "configurable_parameters.note", Group: Plan, FileOnly: true,
			Help: "Any text.",
			At:   func(*Values) any { return new(string) },
		},
		{
			Key: "configurable_parameters.available_event_types", Group: Plan, FileOnly: true,
			Help: "The event types, for the reader of the file.",
			At:   func(*Values) any { return new([]string) },
		},
		{
			Flag: "config", Group: Plan, For: Doctor | Cleanup,
			Help: "config file; the default one may be missing",
			At:   func(v *Values) any { return &v.ConfigFile },
		},
	}
}

func lambdas(scenario string, at func(*Values) any) Setting {
	return Setting{
		Flag: "num-lambdas", Key: scenario + ".num_lambdas", Group: Plan, For: Doctor | Cleanup, Kind: whole(1, bench.MaxLambdas), At: at,
		Help: "invocations of each scenario; they run in parallel unless --concurrency limits them",
	}
}

func iterations(scenario string, at func(*Values) any) Setting {
	return Setting{
		Flag: "iterations", Key: scenario + ".iterations", Group: Plan, For: Doctor | Cleanup, Kind: whole(1, bench.MaxIterations), At: at,
		Help: "iterations of the loop in each invocation",
	}
}

func description(scenario string, at func(*Values) any) Setting {
	return Setting{
		Key: scenario + ".description", Group: Plan, At: at,
		Help: "Your own words for this size; they are repeated in the results.",
	}
}

func target() []Setting {
	return []Setting{
		{
			Flag: "target", Key: "target", Group: Target, For: Doctor, Kind: oneOf(bench.Local, bench.AWS),
			Help:    "where the function and the database run: local (on this machine, no account needed) or aws",
			Default: "local; aws with --function-name, --region, --profile or lambda_function_name in the config file, unless --endpoint-url is set",
			At:      func(v *Values) any { return &v.Config.Target },
		},
		{
			Flag: "function-name", Key: "lambda_function_name", Group: Target, For: Doctor,
			Kind: matching(`^[a-zA-Z0-9:_$.-]{1,170}$`).as("a Lambda function's name or ARN"),
			Help: "name or ARN of the Lambda function; implies --target aws",
			Note: "Name or ARN of the Lambda function.",
			At:   func(v *Values) any { return &v.Config.FunctionName },
		},
		{
			Flag: "region", Key: "region", Group: Target, For: Doctor, Kind: Kind{Pattern: regionPattern, check: knownRegion},
			Help: "AWS region of the function; implies --target aws. Without the flag the region comes from the config file, AWS_REGION or AWS_DEFAULT_REGION, in this order, and the target stays as it is",
			Note: "AWS region of the function; it overrides AWS_REGION and AWS_DEFAULT_REGION.",
			At:   func(v *Values) any { return &v.Config.Region },
		},
		{
			Flag: "profile", Group: Target, For: Doctor, Idle: onlyAWS,
			Help:    "AWS profile whose credentials are used instead of those in the environment; implies --target aws",
			Default: "AWS_PROFILE",
			At:      func(v *Values) any { return &v.Profile },
		},
		{
			Flag: "endpoint-url", Group: Target, For: Doctor, Kind: webAddress(),
			Help: "another endpoint of the Lambda Invoke API; the target stays local unless --target is aws",
			At:   func(v *Values) any { return &v.EndpointURL },
		},
		{
			Flag: "database-url", Group: Target, For: Doctor | Local,
			Help: "local: an existing PostgreSQL instead of a throwaway one; aws: the database to verify in. Percent-encode the password, or set PGPASSWORD",
			At:   func(v *Values) any { return &v.DatabaseURL },
		},
		{
			Flag: "cluster", Group: Target, For: Doctor, Idle: onlyCluster,
			Help: "aws: endpoint of the DSQL cluster to verify in, with or without a port",
			At:   func(v *Values) any { return &v.Cluster },
		},
		{
			Flag: "db-user", Group: Target, For: Doctor, Idle: onlyCluster,
			Help: "aws: database user that verifies",
			At:   func(v *Values) any { return &v.DBUser },
		},
		{
			Flag: "architecture", Group: Target, For: Doctor, Kind: oneOf("arm64", "x86_64").as("arm64 or x86_64"), Idle: onlyAWS,
			Help: "aws: architecture that the function's code is built for: arm64 (as lambda/template.yaml deploys it) or x86_64",
			At:   func(v *Values) any { return &v.Architecture },
		},
	}
}

func localTarget() []Setting {
	return []Setting{
		{
			Flag: "front", Group: Target, For: Doctor | Local, Kind: oneOf("on", "off").as("on or off"), Idle: onlyLocal,
			Help: "local: on puts a proxy that enforces DSQL's rules in front of PostgreSQL, off leaves it out",
			At:   func(v *Values) any { return &v.Front },
		},
		{
			Flag: "fault", Group: Target, For: Doctor | Local, Idle: onlyLocal,
			Help: "local: faults to inject, repeatable or separated by commas: conflict=1%, slow=0.5%:250ms, drop=0.1%, refuse=1%, stall=0.1%:2s, throttle=1%, crash=1%",
			At:   func(v *Values) any { return &v.Faults },
		},
		{
			Flag: "keep-db", Group: Target, For: Doctor | Local, Idle: onlyThrowaway,
			Help: "local: keep the folder of the throwaway database",
			At:   func(v *Values) any { return &v.KeepDB },
		},
		{
			Flag: "env-concurrency", Group: Target, For: Doctor | Local, Kind: whole(0, 1000).as("1 to 1000, or 0 for a choice that fits"), Idle: onlyLocal,
			Help:    "local: invocations that one environment serves at once; AWS serves 1",
			Default: "1 up to 8 in flight, else all",
			At:      func(v *Values) any { return &v.EnvConcurrency },
		},
		{
			Flag: "concurrency-limit", Group: Target, For: Doctor | Local, Kind: whole(0, 1<<53).as("1 or more, or 0 for none"), Idle: onlyLocal,
			Help: "local: concurrent invocations after which the service answers 429; 0 means no limit",
			At:   func(v *Values) any { return &v.ConcurrencyLimit },
		},
		{
			Flag: "function-timeout", Group: Target, For: Doctor | Local, Kind: duration(time.Second, 15*time.Minute).as("1s to 15m, as on AWS"), Idle: onlyLocal,
			Help: "local: time-out of the function",
			At:   func(v *Values) any { return &v.FunctionTimeout },
		},
	}
}

func load() []Setting {
	return []Setting{
		{
			Flag: "concurrency", Key: "concurrency", Group: Load, For: Doctor, Kind: whole(0, bench.MaxConcurrency),
			Help: "most invocations in flight at once; 0 means all",
			At:   func(v *Values) any { return &v.Config.Concurrency },
		},
		{
			Flag: "retries", Key: "retries", Group: Load, For: Doctor, Kind: whole(0, bench.MaxRetries), Opposite: "no-retry",
			Help: "further attempts of a statement after a conflict, or after a lost or refused connection; none if all attempts of the statement before it failed to reach the database",
			At:   func(v *Values) any { return &v.Config.Retries },
		},
		{
			Flag: "no-retry", Group: Load, For: Doctor, Opposite: "retries",
			Help: "same as --retries 0; shows the raw conflict rate",
			At:   func(v *Values) any { return &v.NoRetry },
		},
		{
			Flag: "connect-rate", Key: "connect_rate", Group: Load, For: Doctor, Kind: whole(0, maxConnectRate),
			Help: fmt.Sprintf("new connections per second, after the first %d, that the cluster admits: invocations wait for their share; 0 means no limit", bench.ConnectBurst),
			At:   func(v *Values) any { return &v.Config.ConnectRate },
		},
		{
			Flag: "no-stream", Key: "no_stream", Group: Load, For: Doctor,
			Help: "get each answer of the function as a whole, at its end; else an invocation tells each second what it has done, so figures are live and a function that dies loses a second of news. Endpoints that can't stream get this by themselves",
			Note: "Get each answer as a whole, at the end of its invocation.",
			At:   func(v *Values) any { return &v.Config.NoStream },
		},
		{
			Flag: "repeat", Group: Load, Kind: whole(1, maxRepeat),
			Help: "number of equal runs, one after the other, for driver compare; without --out they go to a folder repeat_YYYYMMDD_HHMMSS",
			At:   func(v *Values) any { return &v.Repeat },
		},
	}
}
