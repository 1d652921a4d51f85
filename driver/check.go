package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/front"
	"dsql-load-test/internal/secret"
	"dsql-load-test/internal/telemetry"
)

// check reports the faults of what isn't in the config.
func (f *flags) check(c *bench.Config) error {
	all := &faults{set: f.set}
	if err := f.refuseIdle(c, all); err != nil {
		return err
	}
	all.must(f.out != "", "out", f.out, "a folder; . is the current one")
	for flag, value := range map[string]string{
		"endpoint-url": f.endpointURL, "prometheus-url": f.prometheusURL, "jaeger-url": f.jaegerURL, "grafana-url": f.grafanaURL,
	} {
		all.must(value == "" || secret.Web(value) == nil, flag, value,
			"a URL that begins with http:// or https://, its user and password percent-encoded")
	}
	f.localFlags.check(all)
	if c.TelemetryRequired || c.Telemetry == bench.TelemetryRelay || c.Telemetry == bench.TelemetryOTLP { // else a warning
		all.all = append(all.all, telemetry.CheckVariables(os.Getenv)...)
	}
	all.must(f.architecture == "arm64" || f.architecture == "x86_64", "architecture", f.architecture, "arm64 or x86_64")
	all.must(f.settle >= 0, "settle", f.settle, "0 or more")
	all.must(!f.noWarmUp || f.warmUp == 0 || !f.set.Changed("warm-up"), "warm-up", f.warmUp, "0, or left out, with "+named(f.set, "no-warm-up"))
	all.must(!f.noRetry || f.retries == 0 || !f.set.Changed("retries"), "retries", f.retries, "0, or left out, with "+named(f.set, "no-retry"))
	if c.Target == bench.Local && f.endpointURL != "" && f.databaseURL == "" && c.Verify != bench.VerifyOff {
		all.all = append(all.all, fmt.Errorf("%s = %s: must be off with %s, unless --database-url says where to look",
			sourceOf(c, "verify"), c.Verify, named(f.set, "endpoint-url")))
	}
	f.checkAWS(c, all)
	if c.Target == bench.AWS && f.cluster != "" && f.databaseURL == "" {
		a, err := f.clusterAddress(c)
		all.all = append(all.all, err)
		if err == nil {
			_, err = a.Where() // client variables may stand in the way
			all.add("cluster", "", err)
		}
	}
	return all.err()
}

// checkAWS notes the faults of the AWS configuration, of which nothing counts for a
// run on this machine.
func (f *flags) checkAWS(c *bench.Config, all *faults) {
	var endpoint string
	if f.endpointURL != "" {
		endpoint = named(f.set, "endpoint-url")
	}
	switch {
	case c.Target == bench.AWS:
		all.checkAWS(awsconfig.Use{Profile: f.profile, Endpoint: endpoint})
	case endpoint != "":
		all.all = append(all.all, awsconfig.Check(awsconfig.Use{Endpoint: endpoint, MadeUp: true}))
	}
}

// check notes the faults of what only the local target has.
func (f *localFlags) check(all *faults) {
	all.must(f.envConcurrency >= 0 && f.envConcurrency <= 1000, "env-concurrency", f.envConcurrency, "1 to 1000, or 0 for a choice that fits")
	all.must(f.concurrencyLimit >= 0, "concurrency-limit", f.concurrencyLimit, "1 or more, or 0 for none")
	all.must(f.functionTimeout >= time.Second && f.functionTimeout <= 15*time.Minute, "function-timeout", f.functionTimeout, "1s to 15m, as on AWS")
	all.must(f.front == "on" || f.front == "off", "front", f.front, "on or off")
	_, err := f.parsedFaults(all.set)
	all.all = append(all.all, err)
	if f.databaseURL != "" {
		_, err := address.Address{URL: f.databaseURL}.Where()
		all.add("database-url", "", err)
	}
}

// checkOutcome reports the faults of what only a run has.
func (f *flags) checkOutcome(c *bench.Config) error {
	all := &faults{set: f.set}
	all.must(f.repeat >= 1 && f.repeat <= maxRepeat, "repeat", f.repeat, fmt.Sprintf("1 to %d", maxRepeat))
	all.must(f.cloudWatch == "auto" || f.cloudWatch == "wait" || f.cloudWatch == "off", "cloudwatch", f.cloudWatch, "auto, wait or off")
	all.must(f.junit == "" || f.repeat == 1, "junit", f.junit, "left out with "+named(f.set, "repeat")+": it is of one run")
	all.must(!f.json || f.repeat == 1, "json", f.json, "left out with "+named(f.set, "repeat")+": it is of one run")
	if c.AbortOnFail && len(c.Thresholds) == 0 {
		all.all = append(all.all, fmt.Errorf("%s = true: must be given with a --threshold", sourceOf(c, "abort_on_fail")))
	}
	_, err := cost.Read(f.prices)
	all.add("prices", "", err)
	if f.junit != "" {
		all.add("junit", f.junit, checkFile(f.junit, f.out))
	}
	if f.out != "" {
		all.add("out", f.out, doctor.Writable(f.out))
	}
	return all.err()
}

const maxRepeat = 1000

// checkFile reports whether a file can be written at path, once the folder made
// is there.
func checkFile(path, made string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder, and must be a file")
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe is written as it goes
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != filepath.Clean(made) {
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	}
	return doctor.Writable(filepath.Dir(path))
}

// parsedFaults are the --fault flags, each of which must be of another name.
func (f *localFlags) parsedFaults(s *pflag.FlagSet) (front.Faults, error) {
	var all front.Faults
	var wrong []error
	seen, name := map[string]bool{}, named(s, "fault")
	for _, text := range f.faults {
		fault, err := front.ParseFault(text)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		case seen[fault.Name]:
			wrong = append(wrong, fmt.Errorf("%s %s: %s is given twice", name, text, fault.Name))
		case f.front == "off" && fault.Name != "throttle" && fault.Name != "crash":
			wrong = append(wrong, fmt.Errorf("%s %s: needs --front on, whose fault it is", name, text))
		}
		seen[fault.Name] = true
		all = append(all, fault)
	}
	return all, errors.Join(wrong...)
}

// putsFront reports whether a run of c puts the front before the user's database.
func (f *flags) putsFront(c *bench.Config) bool {
	return c.Target == bench.Local && f.endpointURL == "" && f.databaseURL != "" && f.front == "on"
}

func (f *flags) localOptions(c *bench.Config) local.Options {
	faults, _ := f.parsedFaults(f.set) // checked by check
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
