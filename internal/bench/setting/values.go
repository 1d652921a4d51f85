package setting

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
)

// Values is everything that a command was told.
type Values struct {
	// Config is the part that decides what a run does. The results store it.
	Config     bench.Config
	ConfigFile string // path of config.json
	NoWarmUp   bool   // Config.WarmUp is 0 then
	NoRetry    bool   // Config.Retries is 0 then

	// Where the function and the database are.
	EndpointURL  string // of the Lambda Invoke API; empty is AWS's, or the built-in one
	DatabaseURL  string // of an existing PostgreSQL
	Cluster      string // the DSQL cluster's endpoint
	DBUser       string
	Profile      string // of the AWS files; empty is AWS_PROFILE's
	Architecture string // the function's code was built for it: arm64 or x86_64
	// Inferred reports that the target is aws although nobody said so.
	Inferred bool

	// The local target.
	Front            string   // on or off
	Faults           []string // such as "conflict=1%"
	KeepDB           bool
	EnvConcurrency   int // invocations that one environment serves at once; 0 is a choice that fits
	ConcurrencyLimit int // invocations before the service returns 429; 0 is no limit
	FunctionTimeout  time.Duration

	// Checks.
	SkipChecks bool
	Prices     string // path of a price list; empty is the built-in one
	DryRun     bool

	// Telemetry.
	Settle                               time.Duration // how long Prometheus and Jaeger may take
	PrometheusURL, JaegerURL, GrafanaURL string        // empty is none
	CloudWatch                           string        // auto, wait or off

	// Output.
	Out    string // folder of the results file
	JUnit  string // path; empty is none
	NoHTML bool
	JSON   bool
	Quiet  bool
	Repeat int

	// Given says of each flag that was given how: "--out" or "DSQLLOAD_OUT".
	Given map[string]string
	// Getenv is the environment that the variables are of.
	Getenv func(variable string) string

	told  *Values        // the flags' values as they were parsed
	set   *pflag.FlagSet // the command's flags
	added []string       // those of them that are of this value
}

// Defaults returns the values of a run that is told nothing.
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

// given returns how each flag that was given was.
func given(s *pflag.FlagSet) map[string]string {
	all := map[string]string{}
	s.Visit(func(f *pflag.Flag) { all[f.Name] = Named(s, f.Name) })
	return all
}

// Named is the source of a flag's value for a message: the flag, or its variable.
func (v *Values) Named(flag string) string {
	if source := v.Given[flag]; source != "" {
		return source
	}
	return "--" + flag
}

// Has reports whether a flag was given, on the command line or by its variable.
func (v *Values) Has(flag string) bool { return v.Given[flag] != "" }

// Typed reports whether a flag was given on the command line.
func (v *Values) Typed(flag string) bool { return strings.HasPrefix(v.Given[flag], "--") }

// Source is the source of a config key's value for a message: the flag, its
// variable, or the place in the file with the key. A default has only its key.
func (v *Values) Source(key string) string { return SourceOf(&v.Config, key) }

// SourceOf is Source for a Config.
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
