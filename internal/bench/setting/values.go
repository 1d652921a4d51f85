package setting

import (
	"cmp"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
)

// Values holds all settings of a command.
type Values struct {
	// Config holds the settings that decide what a run does. The results store it.
	Config     bench.Config
	ConfigFile string // path of config.json
	NoWarmUp   bool   // sets Config.WarmUp to 0
	NoRetry    bool   // sets Config.Retries to 0

	// Where the function and the database are.
	EndpointURL  string // of the Lambda Invoke API; empty: the endpoint of AWS, or the built-in one
	DatabaseURL  string // of an existing PostgreSQL
	Cluster      string // endpoint of the DSQL cluster
	DBUser       string
	Profile      string // in the AWS files; empty: AWS_PROFILE
	Architecture string // of the function's code: arm64 or x86_64
	// Inferred: the target is aws because of another setting.
	Inferred bool

	// The local target.
	Front            string   // on or off
	Faults           []string // such as "conflict=1%"
	KeepDB           bool
	EnvConcurrency   int // invocations that one environment serves at once; 0: see local.EnvConcurrencyFor
	ConcurrencyLimit int // invocations in flight after which the service returns 429; 0: no limit
	FunctionTimeout  time.Duration

	// Checks.
	SkipChecks bool
	Prices     string // path of a price list; empty: the built-in one
	DryRun     bool

	// Telemetry.
	Settle                               time.Duration // longest wait for Prometheus, and then for Jaeger
	CollectorMetricsURL                  string        // empty: see relay.Options
	PrometheusURL, JaegerURL, GrafanaURL string        // empty: not used
	CloudWatch                           string        // auto, wait or off

	// Output.
	Out    string // folder of the results file
	JUnit  string // path; empty: no such file
	NoHTML bool
	JSON   bool
	Quiet  bool
	Repeat int

	// Getenv looks a variable up in the environment that set the flags.
	Getenv func(variable string) string

	given  map[string]string // source of each flag that was given: "--out" or "DSQLLOAD_OUT"
	parsed *Values           // the values of the flags
	set    *pflag.FlagSet    // all flags of the command
	added  []string          // names of the flags that Add added
}

// Defaults returns the values of a run without flags, variables and config file.
func Defaults() Values {
	var v Values
	v.fill()
	return v
}

// fill gives the settings their defaults.
func (v *Values) fill() {
	v.Config = bench.Defaults()
	v.ConfigFile, v.DBUser, v.Architecture = "config.json", "admin", "arm64"
	v.Front, v.FunctionTimeout = "on", 15*time.Minute
	v.PrometheusURL, v.JaegerURL, v.GrafanaURL = "http://localhost:9090", "http://localhost:16686", "http://localhost:3000"
	v.Settle, v.CloudWatch = 30*time.Second, "auto"
	v.Out, v.Repeat = ".", 1
}

// Named returns the source of a flag's value for a message: the flag or its variable.
func (v *Values) Named(flag string) string { return cmp.Or(v.given[flag], "--"+flag) }

// Has reports whether a flag was given, on the command line or by its variable.
func (v *Values) Has(flag string) bool { return v.given[flag] != "" }

// Typed reports whether a flag was given on the command line.
func (v *Values) Typed(flag string) bool { return strings.HasPrefix(v.given[flag], "--") }

// Source is SourceOf for v.Config.
func (v *Values) Source(key string) string { return SourceOf(&v.Config, key) }

// SourceOf returns the source of the value of a key in c for a message: the flag, its
// variable, or the place in config.json and the key; only the key for a default.
func SourceOf(c *bench.Config, key string) string {
	switch origin := c.Origin[key]; {
	case origin == "":
		return key
	case strings.Contains(origin, ":"): // a place in a file
		return origin + ": " + key
	default:
		return origin
	}
}
