package setting

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/textfile"
)

// Resolve gives all settings their values: flag over variable over config file over
// default. All faults are reported at once.
//
// The AWS SDK's own variables lie below the config file: the original suite
// passes the file's region to every client, so they never went over it.
func (v *Values) Resolve(lookup func(string) (string, bool)) error {
	told := v.begin(lookup)
	regionOfMachine(&v.Config, lookup)
	malformed := errors.Join(told, v.ReadConfig())
	v.Lay()
	v.inferTarget()
	v.forgetRegion()
	v.defaultVerify()
	if v.Config.Origin["seed"] == "" {
		v.Config.Seed = rand.Int64N(1 << 53)
	}
	idle := v.refuseIdle()
	return errors.Join(append([]error{malformed, Validate(&v.Config)}, append(idle, v.check()...)...)...)
}

// Take gives the settings of a command without a config file their values: flag over
// variable over default. All faults are reported at once.
func (v *Values) Take(lookup func(string) (string, bool)) error {
	told := v.begin(lookup)
	v.Lay()
	return errors.Join(append([]error{told}, v.check()...)...)
}

// Begin resets all values to their defaults and notes which flags were given.
func (v *Values) Begin() {
	*v = Values{told: v.told, set: v.set, added: v.added}
	v.fill()
	v.Given = given(v.set)
}

// begin is Begin after the variables set the flags.
func (v *Values) begin(lookup func(string) (string, bool)) error {
	err := FromEnvironment(v.set, lookup)
	v.Begin()
	v.Getenv = func(name string) string {
		value, _ := lookup(name)
		return value
	}
	return err
}

// Lay puts the values of the flags that were given over the others.
func (v *Values) Lay() {
	for _, s := range Table() {
		if !slices.Contains(v.added, s.Flag) || !v.Has(s.Flag) {
			continue
		}
		assign(s.At(v), rows(s.Flag)[0].At(v.told))
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

// ReadConfig lays the config file over the defaults. Only one that was named must be
// there.
func (v *Values) ReadConfig() error {
	const largest = 1 << 20
	path := v.told.ConfigFile
	text, _, err := textfile.Read(path, "config file", largest)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !v.Has("config"):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", v.Named("config"), err)
	}
	return ReadFile(&v.Config, path, text)
}

// defaultVerify chooses how the table is looked at, where nobody did.
func (v *Values) defaultVerify() {
	switch c := &v.Config; {
	case c.Origin["verify"] != "":
	case v.EndpointURL != "" && v.DatabaseURL == "":
		c.Verify = bench.VerifyOff // nobody knows whose database that is
	case c.Target == bench.AWS:
		c.Verify = bench.VerifyCount
	}
}

// regionOfMachine takes the region of the AWS SDK's variables.
func regionOfMachine(c *bench.Config, lookup func(string) (string, bool)) {
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if region, ok := lookup(name); ok && region != "" {
			c.Region, c.Origin["region"] = region, name
		}
	}
}

// forgetRegion leaves out a region of the AWS SDK's variables that can't be one, for a
// run that has nothing to do with AWS.
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
