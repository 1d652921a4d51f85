package setting

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/textfile"
)

// Resolve sets all values: a flag overrides its variable, which overrides the config file,
// which overrides the default. It reports all faults at once.
//
// The config file overrides the AWS SDK's variables too, as in the original suite, which
// passes the file's region to every client.
func (v *Values) Resolve(lookup func(string) (string, bool)) error {
	variables := v.begin(lookup)
	regionOfMachine(&v.Config, lookup)
	file := v.ReadConfig()
	v.Lay()
	v.inferTarget()
	v.forgetRegion()
	v.defaultVerify()
	if v.Config.Origin["seed"] == "" {
		v.Config.Seed = rand.Int64N(1 << 53)
	}
	v.defaultWarmUp()
	idle := v.refuseIdle()
	return errors.Join(slices.Concat([]error{variables, file, Validate(&v.Config)}, idle, v.check())...)
}

// Take is Resolve for a command without a config file.
func (v *Values) Take(lookup func(string) (string, bool)) error {
	variables := v.begin(lookup)
	v.Lay()
	return errors.Join(append([]error{variables}, v.check()...)...)
}

// Begin resets all values to their defaults and notes which flags were given.
func (v *Values) Begin() {
	*v = Values{parsed: v.parsed, set: v.set, added: v.added}
	v.fill()
	v.given = map[string]string{}
	v.set.Visit(func(f *pflag.Flag) { v.given[f.Name] = Named(v.set, f.Name) })
}

// begin sets the flags from their variables, then calls Begin.
func (v *Values) begin(lookup func(string) (string, bool)) error {
	err := FromEnvironment(v.set, lookup)
	v.Begin()
	v.Getenv = func(name string) string {
		value, _ := lookup(name)
		return value
	}
	return err
}

// Lay overrides the values with those of the flags that were given.
func (v *Values) Lay() {
	for _, s := range Table() {
		if !slices.Contains(v.added, s.Flag) || !v.Has(s.Flag) {
			continue
		}
		assign(s.At(v), rows(s.Flag)[0].At(v.parsed))
		if s.Key != "" {
			v.Config.Origin[s.Key] = v.Named(s.Flag)
		}
	}
	if v.NoWarmUp {
		v.Config.WarmUp = 0
	}
	if v.NoRetry {
		v.Config.Retries = 0
	}
}

// ReadConfig overrides the defaults with the config file. The file may be missing unless
// --config names it.
func (v *Values) ReadConfig() error {
	const largest = 1 << 20
	path := v.parsed.ConfigFile
	text, _, err := textfile.Read(path, "config file", largest)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !v.Has("config"):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", v.Named("config"), err)
	}
	return ReadFile(&v.Config, path, text)
}

// defaultVerify chooses the check of the table if no source sets it.
func (v *Values) defaultVerify() {
	switch c := &v.Config; {
	case c.Origin["verify"] != "":
	case v.EndpointURL != "" && v.DatabaseURL == "":
		c.Verify = bench.VerifyOff // the database behind the endpoint is unknown
	case c.Target == bench.AWS:
		c.Verify = bench.VerifyCount
	}
}

// defaultWarmUp makes the lanes of the scenarios connect in the warm-up if no source sets its
// size: as many as the cluster admits at once, because what comes later may meet an
// environment that already is connected.
func (v *Values) defaultWarmUp() {
	if c := &v.Config; c.Origin["warm_up_invocations"] == "" && !v.NoWarmUp {
		c.WarmUp = min(c.LoadInFlight(), bench.MaxWarmUp)
		if c.ConnectRate > 0 {
			c.WarmUp = min(c.WarmUp, bench.ConnectBurst)
		}
	}
}

// LargestWarmUp sets the size of the warm-up, if no source does, to the largest that a run of
// these scenarios had by default, whatever its concurrency was.
func (v *Values) LargestWarmUp() {
	if c := &v.Config; c.Origin["warm_up_invocations"] == "" {
		const once = 20 // the default before it depended on the scenarios
		any := *c
		any.Concurrency = 0
		c.WarmUp = max(min(any.LoadInFlight(), bench.MaxWarmUp), once)
	}
}

// regionOfMachine takes the region from the AWS SDK's variables.
func regionOfMachine(c *bench.Config, lookup func(string) (string, bool)) {
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if region, ok := lookup(name); ok && region != "" {
			c.Region, c.Origin["region"] = region, name
		}
	}
}

// forgetRegion drops an invalid region of the AWS SDK's variables if the run doesn't use
// AWS: such a variable must not refuse a local run.
func (v *Values) forgetRegion() {
	c := &v.Config
	if c.Target != bench.Local || v.EndpointURL != "" || !strings.HasPrefix(c.Origin["region"], "AWS_") || IsRegion(c.Region) {
		return
	}
	c.Region = bench.Defaults().Region
	delete(c.Origin, "region")
	const other = "AWS_DEFAULT_REGION"
	if region := v.Getenv(other); IsRegion(region) {
		c.Region, c.Origin["region"] = region, other
	}
}
