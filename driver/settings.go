package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry/relay"
	"dsql-load-test/internal/textfile"
)

// flags are the values of the command line: Values, and those that are laid over the
// config file's.
type flags struct {
	setting.Values

	functionName, region, scenario, eventType, target, verify string
	numLambdas, iterations, count, warmUp, concurrency        int
	seed                                                      int64
	retries, connectRate                                      int
	noWarmUp, noRetry                                         bool
	telemetry, traceDetail                                    string
	slow                                                      time.Duration
	telemetryRequired                                         bool
	thresholds                                                []string
	abortOnFail                                               bool
	maxCost                                                   float64

	set *pflag.FlagSet // those of the command
}

func (f *flags) add(s *pflag.FlagSet) {
	d := bench.Defaults()
	s.StringVar(&f.target, "target", "", "where the function and the database are: local or aws (default local; aws with --function-name, --region, --profile or a config file's lambda_function_name, unless there is an --endpoint-url)")
	f.addSize(s)
	s.StringVar(&f.eventType, "event-type", string(d.EventType), "CarCreated, LoanCreated, LoanPaymentSubmitted, CarServiceDone or random")
	s.BoolVar(&f.noWarmUp, "no-warm-up", false, "the same as --warm-up 0: nothing ends a run none of whose rows can succeed")
	s.IntVar(&f.concurrency, "concurrency", 0, "invocations in flight at most; 0 means all of --num-lambdas")
	s.IntVar(&f.retries, "retries", d.Retries, "further attempts of a statement after a conflict, a lost connection or a refused one; none where the statement before could not reach the database in all of its")
	s.BoolVar(&f.noRetry, "no-retry", false, "the same as --retries 0: shows the raw rate of conflicts")
	s.IntVar(&f.connectRate, "connect-rate", d.ConnectRate, fmt.Sprintf("new connections a second after the first %d, as the cluster admits them; 0 doesn't hold back", bench.ConnectBurst))
	s.Int64Var(&f.seed, "seed", 0, "makes the events repeatable, but for their dates (default: chosen by chance)")
	s.StringVar(&f.verify, "verify", "", "look at the table afterwards: full, count or off (default full locally, count on AWS, off where nothing says which database it is, as with --endpoint-url alone)")
	s.StringVar(&f.Out, "out", ".", "folder for the results file")
	s.BoolVar(&f.Quiet, "quiet", false, "no progress, only the summary")
	s.StringVar(&f.functionName, "function-name", d.FunctionName, "the Lambda function's name or ARN; means --target aws")
	s.StringVar(&f.region, "region", d.Region, "AWS region; means --target aws. Without the flag it is that of the config file, else AWS_REGION, else AWS_DEFAULT_REGION, and the target stays as it is")
	addProfile(s, &f.Profile, "; means --target aws")
	s.StringVar(&f.EndpointURL, "endpoint-url", "", "another endpoint that speaks the Lambda Invoke API; the target stays local unless --target says aws")
	s.StringVar(&f.Cluster, "cluster", "", "aws: the DSQL cluster's endpoint, with a port or without, to verify in")
	s.StringVar(&f.DBUser, "db-user", "admin", "aws: the user to verify as")
	f.addTelemetry(s, d)
	f.addLocal(s)
}

func (f *flags) addOutcome(s *pflag.FlagSet) {
	addThresholds(s, &f.thresholds)
	s.BoolVar(&f.abortOnFail, "abort-on-fail", false, "end the run when a threshold can't be met any more")
	s.StringVar(&f.JUnit, "junit", "", "file for the thresholds and checks as JUnit XML")
	s.BoolVar(&f.NoHTML, "no-html", false, "no HTML report beside the results file")
	s.IntVar(&f.Repeat, "repeat", 1, "so many equal runs, one after the other, for driver compare; without --out in a folder repeat_YYYYMMDD_HHMMSS")
	s.BoolVar(&f.DryRun, "dry-run", false, "print the plan, its connections and its estimated cost, and run nothing")
	s.BoolVar(&f.JSON, "json", false, "print --dry-run or driver cost, or the results instead of the summary, as JSON")
	s.Float64Var(&f.maxCost, "max-cost", 0, "refuse a plan whose estimated cost on AWS is higher, US dollars; 0 means no limit; a local run costs nothing, so locally it is --dry-run that refuses")
	s.StringVar(&f.Prices, "prices", "", "file with prices instead of the built-in ones (docs/aws.md)")
}

// addThresholds adds the flag of driver run and driver report.
func addThresholds(s *pflag.FlagSet, to *[]string) {
	s.Var(listOf(to), "threshold", "a demand on a figure, repeatable or separated by commas: 'p99<50ms', 'batch.throughput>=4e4', 'error_rate<1%'; one that isn't met is exit code 99")
}

func (f *flags) addAWS(s *pflag.FlagSet) {
	s.BoolVar(&f.SkipChecks, "skip-checks", false, "aws: don't do first what driver doctor does; with a database: run in spite of a table that isn't as the statements need it")
	s.StringVar(&f.CloudWatch, "cloudwatch", "auto", "aws: fetch CloudWatch's metrics after the run: auto (what is there), wait (until all are there, minutes) or off")
}

// addSize adds the flags that say how large a run is.
func (f *flags) addSize(s *pflag.FlagSet) {
	d := bench.Defaults()
	s.StringVar(&f.scenario, "scenario", "both", "1 (individual inserts), 2 (batches) or both")
	s.IntVar(&f.numLambdas, "num-lambdas", d.Individual.NumLambdas, "parallel invocations of each scenario; above 1000 is new: the original's thread pool never had more in flight")
	s.IntVar(&f.iterations, "iterations", d.Individual.Iterations, "turns of each invocation's loop")
	s.IntVar(&f.count, "count", 0, "inserts per iteration (scenario 1) and rows per batch (scenario 2) (default 1 and 100)")
	s.IntVar(&f.warmUp, "warm-up", d.WarmUp, "invocations before the measurement; 0 means none")
	s.StringVar(&f.ConfigFile, "config", "config.json", "config file; the default one may be missing")
}

func (f *flags) addTelemetry(s *pflag.FlagSet, d bench.Config) {
	s.StringVar(&f.telemetry, "telemetry", string(d.Telemetry), "auto (relay, when a collector answers), relay (in the responses), otlp (from the function to the collector) or off")
	s.BoolVar(&f.telemetryRequired, "telemetry-required", false, "no run without a collector, and exit code 1 when telemetry was lost")
	s.StringVar(&f.traceDetail, "trace-detail", string(d.TraceDetail), "spans below statements: all, auto (the slow, the failed and a sample) or logical (only the 50 slowest of each scenario)")
	s.DurationVar(&f.slow, "slow", time.Duration(d.SlowMs*float64(time.Millisecond)), "latency from which on a statement counts as slow: it keeps its detail, and the dashboards count it and set its phases against the others'")
	s.StringVar(&f.PrometheusURL, "prometheus-url", "http://localhost:9090", "where the run's metrics are counted afterwards; empty asks nobody")
	s.StringVar(&f.JaegerURL, "jaeger-url", "http://localhost:16686", "Jaeger, where some of the run's traces are opened afterwards to check that all their spans are there; empty asks nobody")
	s.StringVar(&f.GrafanaURL, "grafana-url", "http://localhost:3000", "Grafana that the links lead to; empty makes none")
	s.DurationVar(&f.Settle, "settle", 30*time.Second, "how long Prometheus, and after it Jaeger, may take to show the whole run")
}

func (f *flags) addLocal(s *pflag.FlagSet) {
	s.StringVar(&f.DatabaseURL, "database-url", "", "an existing PostgreSQL instead of a throwaway one (local); the database to verify in (aws); its password is percent-encoded, or in PGPASSWORD")
	s.IntVar(&f.EnvConcurrency, "env-concurrency", 0, "local: invocations that one environment serves at once; 1 is as AWS does it (default: enough for 8 environments)")
	s.IntVar(&f.ConcurrencyLimit, "concurrency-limit", 0, "local: invocations before the service answers 429; 0 means no limit of its own")
	s.DurationVar(&f.FunctionTimeout, "function-timeout", 15*time.Minute, "local: the function's time-out")
	s.StringVar(&f.Front, "front", "on", "local: on puts a proxy that holds to DSQL's rules before PostgreSQL, off leaves it out")
	s.Var(listOf(&f.Faults), "fault", "local: what goes wrong on purpose, repeatable or separated by commas: conflict=1%, slow=0.5%:250ms, drop=0.1%, refuse=1%, stall=0.1%:2s, throttle=1%, crash=1%")
	s.BoolVar(&f.KeepDB, "keep-db", false, "local: leave the throwaway database's folder behind")
}

// variable is the name of the environment variable that stands for a flag:
// DSQLLOAD_NUM_LAMBDAS for --num-lambdas.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

const variablePrefix = "DSQLLOAD_"

// lookupIn is os.LookupEnv for that environment.
func lookupIn(environ []string) func(string) (string, bool) {
	values := make(map[string]string, len(environ))
	for _, e := range slices.Backward(environ) { // the first one counts
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// strangers names the variables that look like ours and stand for no flag of
// any command: a mistyped one would leave its flag at the default in silence.
func strangers(root *cobra.Command, environ []string) error {
	known := map[string]bool{relay.CollectorMetricsVariable: true}
	var learn func(*cobra.Command)
	learn = func(cmd *cobra.Command) {
		for _, s := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
			s.VisitAll(func(f *pflag.Flag) { known[variable(f.Name)] = true })
		}
		for _, c := range cmd.Commands() {
			learn(c)
		}
	}
	learn(root)
	var faults []error
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, variablePrefix) && !known[name] {
			flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, variablePrefix), "_", "-"))
			if now := renamed(flag); now != "" {
				faults = append(faults, fmt.Errorf("environment variable %s is now %s", name, variable(now)))
				continue
			}
			faults = append(faults, quote.Hint(fmt.Errorf("environment variable %s: no command has a flag --%s", name, flag),
				"driver run --help lists them; unset %s if it is not meant for this program", name))
		}
	}
	return errors.Join(faults...)
}

// originAnnotation marks a flag whose value came from the variable it names.
const originAnnotation = "dsqlload.origin"

// opposite is the flag that says another thing about the same as a flag does.
func opposite(flag string) string {
	return map[string]string{"warm-up": "no-warm-up", "no-warm-up": "warm-up", "retries": "no-retry", "no-retry": "retries"}[flag]
}

// fromEnvironment sets each flag that wasn't given, its opposite neither, and
// whose variable is there.
func fromEnvironment(s *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var faults []error
	s.VisitAll(func(f *pflag.Flag) {
		name := variable(f.Name)
		value, ok := lookup(name)
		if other := opposite(f.Name); !ok || f.Changed || typed(s, other) && s.Lookup(other).Value.String() != "false" {
			return
		}
		if err := s.Set(f.Name, value); err != nil {
			faults = append(faults, fmt.Errorf("environment variable %s: %w", name, err))
			return
		}
		f.Annotations = map[string][]string{originAnnotation: {name}}
	})
	return errors.Join(faults...)
}

// resolve makes the run's configuration: flag over environment over config file
// over default. All faults are reported at once.
//
// The AWS SDK's own variables lie below the config file: the original suite
// passes the file's region to every client, so they never went over it.
func (f *flags) resolve(cmd *cobra.Command, lookup func(string) (string, bool)) (bench.Config, error) {
	c := bench.Defaults()
	s := cmd.Flags()
	f.set = s
	f.Getenv = func(name string) string {
		value, _ := lookup(name)
		return value
	}
	regionOfMachine(&c, lookup)
	malformed := errors.Join(fromEnvironment(s, lookup), f.readConfig(&c, s))
	f.Given = givenIn(s)
	f.lay(&c, s)
	f.inferTarget(&c)
	f.forgetRegion(&c)
	if c.Origin["verify"] == "" && f.EndpointURL != "" && f.DatabaseURL == "" {
		c.Verify = bench.VerifyOff // whose database that is, nobody knows
	} else if c.Origin["verify"] == "" && c.Target == bench.AWS {
		c.Verify = bench.VerifyCount
	}
	if c.Origin["seed"] == "" {
		c.Seed = rand.Int64N(1 << 53)
	}
	err := errors.Join(malformed, setting.Validate(&c), f.check(&c))
	f.Config = c
	return c, err
}

// givenIn says of each flag that was given how.
func givenIn(s *pflag.FlagSet) map[string]string {
	given := map[string]string{}
	s.Visit(func(f *pflag.Flag) { given[f.Name] = named(s, f.Name) })
	return given
}

// regionOfMachine takes the region of the AWS SDK's variables.
func regionOfMachine(c *bench.Config, lookup func(string) (string, bool)) {
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if region, ok := lookup(name); ok && region != "" {
			c.Region, c.Origin["region"] = region, name
		}
	}
}

// forgetRegion leaves out a region of the AWS SDK's variables that can't be one, of a
// run that has nothing to do with AWS.
func (f *flags) forgetRegion(c *bench.Config) {
	if c.Target != bench.Local || f.EndpointURL != "" || !strings.HasPrefix(c.Origin["region"], "AWS_") || setting.IsRegion(c.Region) {
		return
	}
	c.Region = bench.Defaults().Region
	delete(c.Origin, "region")
	const other = "AWS_DEFAULT_REGION"
	if region := f.Getenv(other); setting.IsRegion(region) {
		c.Region, c.Origin["region"] = region, other
	}
}

func (f *flags) readConfig(c *bench.Config, s *pflag.FlagSet) error {
	const largest = 1 << 20
	text, _, err := textfile.Read(f.ConfigFile, "config file", largest)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.Changed("config"):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", named(s, "config"), err)
	}
	return setting.ReadFile(c, f.ConfigFile, text)
}
