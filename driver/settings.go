package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/front"
)

// flags are the values of the command line as they were given.
type flags struct {
	functionName, region, scenario, eventType, target, verify, config string
	numLambdas, iterations, count, warmUp, concurrency                int
	seed                                                              int64
	retries, connectRate                                              int
	noWarmUp, noRetry, quiet                                          bool
	out, endpointURL, cluster, dbUser                                 string
	telemetryFlags
	localFlags
}

// telemetryFlags say how the run is observed, and where that is looked at.
type telemetryFlags struct {
	telemetry, traceDetail              string
	slow, settle                        time.Duration
	telemetryRequired                   bool
	prometheusURL, tempoURL, grafanaURL string
}

// localFlags are those of the local target.
type localFlags struct {
	databaseURL                      string
	envConcurrency, concurrencyLimit int
	functionTimeout                  time.Duration
	keepDB                           bool
	front                            string
	faults                           []string
}

func (f *flags) add(s *pflag.FlagSet) {
	d := bench.Defaults()
	s.StringVar(&f.target, "target", string(d.Target), "where the function and the database are: local or aws")
	f.addSize(s)
	s.StringVar(&f.eventType, "event-type", string(d.EventType), "CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone or random")
	s.BoolVar(&f.noWarmUp, "no-warm-up", false, "the same as --warm-up 0")
	s.IntVar(&f.concurrency, "concurrency", 0, "invocations in flight at most; 0 means all of --num-lambdas")
	s.IntVar(&f.retries, "retries", d.Retries, "further attempts of a statement after a conflict, a lost connection or a refused one")
	s.BoolVar(&f.noRetry, "no-retry", false, "the same as --retries 0: shows the raw rate of conflicts")
	s.IntVar(&f.connectRate, "connect-rate", d.ConnectRate, fmt.Sprintf("new connections a second after the first %d, as the cluster admits them; 0 doesn't hold back", bench.ConnectBurst))
	s.Int64Var(&f.seed, "seed", 0, "makes the events repeatable (default: chosen by chance)")
	s.StringVar(&f.verify, "verify", "", "look at the table afterwards: full, count or off (default full locally, count on AWS)")
	s.StringVar(&f.out, "out", ".", "folder for the results file")
	s.BoolVar(&f.quiet, "quiet", false, "no progress, only the summary")
	s.StringVar(&f.functionName, "function-name", d.FunctionName, "the Lambda function")
	s.StringVar(&f.region, "region", d.Region, "AWS region")
	s.StringVar(&f.endpointURL, "endpoint-url", "", "another endpoint that speaks the Lambda Invoke API")
	s.StringVar(&f.cluster, "cluster", "", "aws: the DSQL cluster's endpoint, to verify in")
	s.StringVar(&f.dbUser, "db-user", "admin", "aws: the user to verify as")
	f.telemetryFlags.add(s, d)
	f.localFlags.add(s)
}

// addSize adds the flags that say how large a run is.
func (f *flags) addSize(s *pflag.FlagSet) {
	d := bench.Defaults()
	s.StringVar(&f.scenario, "scenario", "both", "1 (individual inserts), 2 (batches) or both")
	s.IntVar(&f.numLambdas, "num-lambdas", d.Individual.NumLambdas, "parallel invocations of each scenario")
	s.IntVar(&f.iterations, "iterations", d.Individual.Iterations, "turns of each invocation's loop")
	s.IntVar(&f.count, "count", 0, "inserts per iteration (scenario 1) and rows per batch (scenario 2) (default 1 and 100)")
	s.IntVar(&f.warmUp, "warm-up", d.WarmUp, "invocations before the measurement; 0 means none")
	s.StringVar(&f.config, "config", "config.json", "config file; the default one may be missing")
}

func (f *telemetryFlags) add(s *pflag.FlagSet, d bench.Config) {
	s.StringVar(&f.telemetry, "telemetry", string(d.Telemetry), "auto (relay, when a collector answers), relay (in the responses), otlp (from the function to the collector) or off")
	s.BoolVar(&f.telemetryRequired, "telemetry-required", false, "no run without a collector, and exit code 1 when telemetry was lost")
	s.StringVar(&f.traceDetail, "trace-detail", string(d.TraceDetail), "spans below statements: all, auto (the slow, the failed and a sample) or logical (none)")
	s.DurationVar(&f.slow, "slow", time.Duration(d.SlowMs*float64(time.Millisecond)), "latency from which on a statement keeps its detail")
	s.StringVar(&f.prometheusURL, "prometheus-url", "http://localhost:9090", "where the run's metrics are counted afterwards; empty asks nobody")
	s.StringVar(&f.tempoURL, "tempo-url", "http://localhost:3200", "where the run's spans are counted afterwards; empty asks nobody")
	s.StringVar(&f.grafanaURL, "grafana-url", "http://localhost:3000", "Grafana that the links lead to; empty makes none")
	s.DurationVar(&f.settle, "settle", 30*time.Second, "how long Prometheus and Tempo may take to show the whole run")
}

func (f *localFlags) add(s *pflag.FlagSet) {
	s.StringVar(&f.databaseURL, "database-url", "", "an existing PostgreSQL instead of a throwaway one (local); the database to verify in (aws)")
	s.IntVar(&f.envConcurrency, "env-concurrency", 0, "local: invocations that one environment serves at once; 1 is as AWS does it (default: enough for 8 environments)")
	s.IntVar(&f.concurrencyLimit, "concurrency-limit", 0, "local: invocations before the service answers 429; 0 means no limit of its own")
	s.DurationVar(&f.functionTimeout, "function-timeout", 15*time.Minute, "local: the function's time-out")
	s.StringVar(&f.front, "front", "on", "local: on puts a proxy that holds to DSQL's rules before PostgreSQL, off leaves it out")
	s.StringArrayVar(&f.faults, "fault", nil, "local: what goes wrong on purpose, repeatable: conflict=1%, slow=0.5%:250ms, drop=0.1%, refuse=1%, stall=0.1%:2s, throttle=1%, crash=1%")
	s.BoolVar(&f.keepDB, "keep-db", false, "local: leave the throwaway database's folder behind")
}

// originAnnotation marks a flag whose value came from the variable it names.
const originAnnotation = "dsqlload.origin"

// fromEnvironment sets each flag that wasn't given and that has a variable
// DSQLLOAD_<FLAG>: DSQLLOAD_NUM_LAMBDAS for --num-lambdas.
func fromEnvironment(s *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var faults []error
	s.VisitAll(func(f *pflag.Flag) {
		name := "DSQLLOAD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := lookup(name); ok && !f.Changed {
			if err := s.Set(f.Name, value); err != nil {
				faults = append(faults, fmt.Errorf("environment variable %s: %w", name, err))
			}
			f.Annotations = map[string][]string{originAnnotation: {name}}
		}
	})
	return errors.Join(faults...)
}

// resolve makes the run's configuration: flag over environment over config file
// over default. All faults are reported at once.
func (f *flags) resolve(cmd *cobra.Command, lookup func(string) (string, bool)) (bench.Config, error) {
	c := bench.Defaults()
	s := cmd.Flags()
	if err := fromEnvironment(s, lookup); err != nil {
		return c, err
	}
	if err := f.readConfig(&c, s.Changed("config")); err != nil {
		return c, err
	}
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if region, ok := lookup(name); ok && region != "" {
			c.Region, c.Origin["region"] = region, name
		}
	}
	f.lay(&c, s)
	if c.Origin["verify"] == "" && f.endpointURL != "" && f.databaseURL == "" {
		c.Verify = bench.VerifyOff // whose database that is, nobody knows
	} else if c.Origin["verify"] == "" && c.Target == bench.AWS {
		c.Verify = bench.VerifyCount
		if f.databaseURL == "" && f.cluster == "" {
			c.Verify = bench.VerifyOff
		}
	}
	if c.Origin["seed"] == "" {
		c.Seed = rand.Int64N(1 << 53)
	}
	return c, errors.Join(c.Validate(), f.check(&c))
}

func (f *flags) readConfig(c *bench.Config, given bool) error {
	text, err := os.ReadFile(f.config)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !given:
		return nil
	case err != nil:
		return fmt.Errorf("--config: %w", err)
	}
	return c.ReadFile(f.config, text)
}

// lay puts the flags that were given over c.
func (f *flags) lay(c *bench.Config, s *pflag.FlagSet) {
	given := func(flag string, keys ...string) bool {
		if s.Changed(flag) { // never of a flag that the command doesn't have
			origin := "--" + flag
			if variable := s.Lookup(flag).Annotations[originAnnotation]; len(variable) > 0 {
				origin = variable[0]
			}
			for _, key := range keys {
				c.Origin[key] = origin
			}
		}
		return s.Changed(flag)
	}
	if given("target", "target") {
		c.Target = bench.Target(f.target)
	}
	if given("function-name", "lambda_function_name") {
		c.FunctionName = f.functionName
	}
	if given("region", "region") {
		c.Region = f.region
	}
	if given("scenario", "scenario") {
		scenarios, known := map[string][]bench.Scenario{
			"1": {bench.Individual}, "2": {bench.Batch}, "both": bench.Scenarios(),
		}[f.scenario]
		if !known {
			scenarios = []bench.Scenario{bench.Scenario(f.scenario)} // for Validate to name
		}
		c.Scenarios = scenarios
	}
	if given("event-type", "event_type") {
		c.EventType = bench.EventType(f.eventType)
	}
	if given("num-lambdas", "scenario_1.num_lambdas", "scenario_2.num_lambdas") {
		c.Individual.NumLambdas, c.Batch.NumLambdas = f.numLambdas, f.numLambdas
	}
	if given("iterations", "scenario_1.iterations", "scenario_2.iterations") {
		c.Individual.Iterations, c.Batch.Iterations = f.iterations, f.iterations
	}
	if given("count", "scenario_1.inserts_per_iteration", "scenario_2.rows_per_batch") {
		c.Individual.Count, c.Batch.Count = f.count, f.count
	}
	if given("warm-up", "warm_up_invocations") {
		c.WarmUp = f.warmUp
	}
	if f.noWarmUp {
		c.WarmUp = 0
	}
	if given("concurrency", "concurrency") {
		c.Concurrency = f.concurrency
	}
	if given("retries", "retries") {
		c.Retries = f.retries
	}
	if f.noRetry {
		c.Retries = 0
	}
	if given("connect-rate", "connect_rate") {
		c.ConnectRate = f.connectRate
	}
	if given("seed", "seed") {
		c.Seed = f.seed
	}
	if given("verify", "verify") {
		c.Verify = bench.Verify(f.verify)
	}
	if given("telemetry", "telemetry") {
		c.Telemetry = bench.TelemetryMode(f.telemetry)
	}
	if given("telemetry-required", "telemetry_required") {
		c.TelemetryRequired = f.telemetryRequired
	}
	if given("trace-detail", "trace_detail") {
		c.TraceDetail = bench.TraceDetail(f.traceDetail)
	}
	if given("slow", "slow_ms") {
		c.SlowMs = float64(f.slow) / float64(time.Millisecond)
	}
}

// check reports the faults of what isn't in the config.
func (f *flags) check(c *bench.Config) error {
	var faults []error
	fault := func(ok bool, flag string, value any, allowed string) {
		if !ok {
			faults = append(faults, fmt.Errorf("--%s = %v: must be %s", flag, value, allowed))
		}
	}
	fault(f.envConcurrency >= 0 && f.envConcurrency <= 1000, "env-concurrency", f.envConcurrency, "1 to 1000, or 0 for a choice that fits")
	fault(f.concurrencyLimit >= 0, "concurrency-limit", f.concurrencyLimit, "1 or more, or 0 for none")
	fault(f.functionTimeout >= time.Second && f.functionTimeout <= 15*time.Minute, "function-timeout", f.functionTimeout, "1s to 15m, as on AWS")
	for flag, value := range map[string]string{
		"endpoint-url": f.endpointURL, "prometheus-url": f.prometheusURL, "tempo-url": f.tempoURL, "grafana-url": f.grafanaURL,
	} {
		fault(value == "" || strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://"),
			flag, value, "a URL that begins with http:// or https://")
	}
	if _, err := f.parsedFaults(); err != nil {
		faults = append(faults, err)
	}
	if c.Target == bench.AWS && len(f.faults) > 0 {
		fault(false, "fault", f.faults, "left out on AWS: faults are the local target's")
	}
	fault(f.settle >= 0, "settle", f.settle, "0 or more")
	if c.Target == bench.AWS && f.databaseURL == "" && f.cluster == "" && c.Verify != bench.VerifyOff {
		fault(false, "verify", c.Verify, "off on AWS without --cluster or --database-url, since nothing else says where to look")
	}
	if c.Target == bench.Local && f.endpointURL != "" && f.databaseURL == "" && c.Verify != bench.VerifyOff {
		fault(false, "verify", c.Verify, "off with --endpoint-url, unless --database-url says where to look")
	}
	fault(f.cluster == "" || c.Target == bench.AWS && f.databaseURL == "", "cluster", f.cluster, "used with --target aws, and without --database-url")
	return errors.Join(faults...)
}

// parsedFaults are the --fault flags, each of which must be of another name.
func (f *localFlags) parsedFaults() (front.Faults, error) {
	if f.front != "on" && f.front != "off" {
		return nil, fmt.Errorf("--front = %s: must be on or off", f.front)
	}
	var all front.Faults
	var wrong []error
	seen := map[string]bool{}
	for _, text := range f.faults {
		fault, err := front.ParseFault(text)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("--fault: %w", err))
		case seen[fault.Name]:
			wrong = append(wrong, fmt.Errorf("--fault %s: %s is given twice", text, fault.Name))
		case f.front == "off" && fault.Name != "throttle" && fault.Name != "crash":
			wrong = append(wrong, fmt.Errorf("--fault %s: needs --front on, whose fault it is", text))
		}
		seen[fault.Name] = true
		all = append(all, fault)
	}
	return all, errors.Join(wrong...)
}

func (f *flags) localOptions(c *bench.Config) local.Options {
	faults, _ := f.parsedFaults() // checked by check
	o := local.Options{
		FunctionName: c.FunctionName, Region: c.Region, DatabaseURL: f.databaseURL,
		InFlight: c.InFlight(), EnvConcurrency: f.envConcurrency, ConcurrencyLimit: f.concurrencyLimit,
		FunctionTimeout: f.functionTimeout, KeepDB: f.keepDB,
		NoFront: f.front == "off", Faults: faults, Seed: c.Seed,
	}
	if o.EnvConcurrency == 0 {
		o.EnvConcurrency = local.EnvConcurrencyFor(o.InFlight)
	}
	return o
}
