package setting

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// The largest values that a run accepts, besides those of package bench.
const (
	maxConnectRate = 100_000
	maxSlowMs      = 900_000 // Lambda's longest time-out
	maxCostUSD     = 1_000_000
	maxRepeat      = 1000
)

// Table lists every setting of driver run, one row each. Flags, variables, config.json,
// both JSON Schemas, help, completion and the manual's list come from it.
func Table() []Setting {
	return slices.Concat(plan(), target(), localTarget(), load(), checks(), output(), telemetry())
}

func plan() []Setting {
	return []Setting{
		{
			Flag: "scenario", Key: "scenario", NotFile: true, Group: Plan, Kind: Kind{Words: []string{"1", "2", "both"}, check: knownScenarios},
			Help: "1 (individual inserts), 2 (batches) or both",
			At:   func(v *Values) any { return &v.Config.Scenarios },
		},
		lambdas("scenario_1", func(v *Values) any { return &v.Config.Individual.NumLambdas }),
		lambdas("scenario_2", func(v *Values) any { return &v.Config.Batch.NumLambdas }),
		iterations("scenario_1", func(v *Values) any { return &v.Config.Individual.Iterations }),
		iterations("scenario_2", func(v *Values) any { return &v.Config.Batch.Iterations }),
		{
			Flag: "count", Key: "scenario_1.inserts_per_iteration", Group: Plan, Kind: whole(1, bench.MaxCount), Unset: true,
			Help: "inserts per iteration (scenario 1) and rows per batch (scenario 2) (default 1 and 100)",
			Note: "Inserts of one row each, per iteration.",
			At:   func(v *Values) any { return &v.Config.Individual.Count },
		},
		{
			Flag: "count", Key: "scenario_2.rows_per_batch", Group: Plan,
			Kind: Kind{Min: 1, Max: bench.MaxTransactionRows, Bounded: true, check: rowsPerBatch}, Unset: true,
			Note: "Rows in each batch, one batch per iteration; DSQL lets one transaction change 3000 rows.",
			At:   func(v *Values) any { return &v.Config.Batch.Count },
		},
		description("scenario_1", func(v *Values) any { return &v.Config.Individual.Description }),
		description("scenario_2", func(v *Values) any { return &v.Config.Batch.Description }),
		{
			Flag: "event-type", Key: "event_type", Group: Plan, Kind: oneOf(bench.EventTypes()...),
			Help: "type of the events: " + strings.Join(oneOf(bench.EventTypes()...).Words, ", "),
			Note: "Type of the events; random is an even mix of the original suite's four.",
			At:   func(v *Values) any { return &v.Config.EventType },
		},
		{
			Flag: "seed", Key: "seed", Group: Plan, Kind: whole(0, bench.MaxSeed), Unset: true,
			Help: "makes the events repeatable, but for their dates (default: chosen by chance)",
			Note: "Seed of the events' random values; up to 2^53 - 1, exact in every JSON reader.",
			At:   func(v *Values) any { return &v.Config.Seed },
		},
		{
			Flag: "warm-up", Key: "warm_up_invocations", Group: Plan, Kind: whole(0, bench.MaxWarmUp), Opposite: "no-warm-up",
			Help: "invocations before the measurement; 0 means none",
			Note: "Invocations of the warm-up, one insert each, whose rows are removed again; 0 is none.",
			At:   func(v *Values) any { return &v.Config.WarmUp },
		},
		{
			Flag: "no-warm-up", Group: Plan, Opposite: "warm-up",
			Help: "the same as --warm-up 0: nothing ends a run none of whose rows can succeed",
			At:   func(v *Values) any { return &v.NoWarmUp },
		},
		{
			Key: "configurable_parameters.note", Group: Plan, FileOnly: true, Unset: true,
			Note: "Any text.",
			At:   func(*Values) any { return new(string) },
		},
		{
			Key: "configurable_parameters.available_event_types", Group: Plan, FileOnly: true, Unset: true,
			Note: "The event types, for the reader of the file.",
			At:   func(*Values) any { return new([]string) },
		},
		{
			Flag: "config", Group: Plan,
			Help: "config file; the default one may be missing",
			At:   func(v *Values) any { return &v.ConfigFile },
		},
	}
}

func lambdas(scenario string, at func(*Values) any) Setting {
	return Setting{
		Flag: "num-lambdas", Key: scenario + ".num_lambdas", Group: Plan, Kind: whole(1, bench.MaxLambdas), At: at,
		Help: "parallel invocations of each scenario; above 1000 is new: the original's thread pool never had more in flight",
		Note: "Invocations; above 1000 too, where the original suite held 1000 in flight at most.",
	}
}

func iterations(scenario string, at func(*Values) any) Setting {
	return Setting{
		Flag: "iterations", Key: scenario + ".iterations", Group: Plan, Kind: whole(1, bench.MaxIterations), At: at,
		Help: "turns of each invocation's loop",
		Note: "Turns of each invocation's loop.",
	}
}

func description(scenario string, at func(*Values) any) Setting {
	return Setting{
		Key: scenario + ".description", Group: Plan, At: at, Unset: true,
		Note: "Your own words for this size; they are repeated in the results.",
	}
}

func target() []Setting {
	return []Setting{
		{
			Flag: "target", Key: "target", Group: Target, Kind: oneOf(bench.Local, bench.AWS), Unset: true,
			Help:     "where the function and the database are: local or aws (default local; aws with --function-name, --region, --profile or a config file's lambda_function_name, unless there is an --endpoint-url)",
			Note:     "Where function and database are: local (this machine, no account) or aws.",
			FileNote: "Without the key local, and aws where the file has a lambda_function_name; --function-name, --region and --profile go over it.",
			At:       func(v *Values) any { return &v.Config.Target },
		},
		{
			Flag: "function-name", Key: "lambda_function_name", Group: Target,
			Kind:     matching(`^[a-zA-Z0-9:_$.-]{1,170}$`).as("a Lambda function's name or ARN"),
			Help:     "the Lambda function's name or ARN; means --target aws",
			Note:     "Name or ARN of the Lambda function.",
			FileNote: "In the file it makes the target aws, unless target, --target or --endpoint-url says otherwise.",
			At:       func(v *Values) any { return &v.Config.FunctionName },
		},
		{
			Flag: "region", Key: "region", Group: Target, Kind: Kind{Pattern: regionPattern, check: knownRegion},
			Help:     "AWS region; means --target aws. Without the flag it is that of the config file, else AWS_REGION, else AWS_DEFAULT_REGION, and the target stays as it is",
			Note:     "AWS region of the function.",
			FileNote: "--region goes over it; it goes over AWS_REGION and AWS_DEFAULT_REGION.",
			At:       func(v *Values) any { return &v.Config.Region },
		},
		{
			Flag: "profile", Group: Target, Idle: onlyAWS,
			Help: "the AWS profile whose credentials are used, over those of the environment; means --target aws (default AWS_PROFILE)",
			At:   func(v *Values) any { return &v.Profile },
		},
		{
			Flag: "endpoint-url", Group: Target, Kind: webAddress(),
			Help: "another endpoint that speaks the Lambda Invoke API; the target stays local unless --target says aws",
			At:   func(v *Values) any { return &v.EndpointURL },
		},
		{
			Flag: "database-url", Group: Target,
			Help: "an existing PostgreSQL instead of a throwaway one (local); the database to verify in (aws); its password is percent-encoded, or in PGPASSWORD",
			At:   func(v *Values) any { return &v.DatabaseURL },
		},
		{
			Flag: "cluster", Group: Target, Idle: onlyCluster,
			Help: "aws: the DSQL cluster's endpoint, with a port or without, to verify in",
			At:   func(v *Values) any { return &v.Cluster },
		},
		{
			Flag: "db-user", Group: Target, Idle: onlyCluster,
			Help: "aws: the user to verify as",
			At:   func(v *Values) any { return &v.DBUser },
		},
		{
			Flag: "architecture", Group: Target, Kind: oneOf("arm64", "x86_64").as("arm64 or x86_64"), Idle: onlyAWS,
			Help: "aws: what the function's code was built for: arm64, as lambda/template.yaml deploys it, or x86_64",
			At:   func(v *Values) any { return &v.Architecture },
		},
	}
}

func localTarget() []Setting {
	return []Setting{
		{
			Flag: "front", Group: Target, Kind: oneOf("on", "off").as("on or off"), Idle: onlyLocal,
			Help: "local: on puts a proxy that holds to DSQL's rules before PostgreSQL, off leaves it out",
			At:   func(v *Values) any { return &v.Front },
		},
		{
			Flag: "fault", Group: Target, Idle: onlyLocal,
			Help: "local: what goes wrong on purpose, repeatable or separated by commas: conflict=1%, slow=0.5%:250ms, drop=0.1%, refuse=1%, stall=0.1%:2s, throttle=1%, crash=1%",
			At:   func(v *Values) any { return &v.Faults },
		},
		{
			Flag: "keep-db", Group: Target, Idle: onlyThrowaway,
			Help: "local: leave the throwaway database's folder behind",
			At:   func(v *Values) any { return &v.KeepDB },
		},
		{
			Flag: "env-concurrency", Group: Target, Kind: whole(0, 1000).as("1 to 1000, or 0 for a choice that fits"), Idle: onlyLocal,
			Help: "local: invocations that one environment serves at once; 1 is as AWS does it (default: enough for 8 environments)",
			At:   func(v *Values) any { return &v.EnvConcurrency },
		},
		{
			Flag: "concurrency-limit", Group: Target, Kind: whole(0, 1<<53).as("1 or more, or 0 for none"), Idle: onlyLocal,
			Help: "local: invocations before the service answers 429; 0 means no limit of its own",
			At:   func(v *Values) any { return &v.ConcurrencyLimit },
		},
		{
			Flag: "function-timeout", Group: Target, Kind: duration(time.Second, 15*time.Minute).as("1s to 15m, as on AWS"), Idle: onlyLocal,
			Help: "local: the function's time-out",
			At:   func(v *Values) any { return &v.FunctionTimeout },
		},
	}
}

func load() []Setting {
	return []Setting{
		{
			Flag: "concurrency", Key: "concurrency", Group: Load, Kind: whole(0, bench.MaxConcurrency),
			Help: "invocations in flight at most; 0 means all of --num-lambdas",
			Note: "Invocations that may be in flight at once; 0 is all.",
			At:   func(v *Values) any { return &v.Config.Concurrency },
		},
		{
			Flag: "retries", Key: "retries", Group: Load, Kind: whole(0, bench.MaxRetries), Opposite: "no-retry",
			Help: "further attempts of a statement after a conflict, a lost connection or a refused one; none where the statement before could not reach the database in all of its",
			Note: "Further attempts of a statement after a failure that passes by itself, such as a conflict; 0 shows the raw rate.",
			At:   func(v *Values) any { return &v.Config.Retries },
		},
		{
			Flag: "no-retry", Group: Load, Opposite: "retries",
			Help: "the same as --retries 0: shows the raw rate of conflicts",
			At:   func(v *Values) any { return &v.NoRetry },
		},
		{
			Flag: "connect-rate", Key: "connect_rate", Group: Load, Kind: whole(0, maxConnectRate),
			Help: fmt.Sprintf("new connections a second after the first %d, as the cluster admits them; 0 doesn't hold back", bench.ConnectBurst),
			Note: "New connections a second that the cluster admits after a burst of 1000: invocations wait for their share; 0 doesn't hold back.",
			At:   func(v *Values) any { return &v.Config.ConnectRate },
		},
		{
			Flag: "repeat", Group: Load, Kind: whole(1, maxRepeat),
			Help: "so many equal runs, one after the other, for driver compare; without --out in a folder repeat_YYYYMMDD_HHMMSS",
			At:   func(v *Values) any { return &v.Repeat },
		},
	}
}
