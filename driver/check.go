package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/run"
	"dsql-load-test/internal/secret"
	"dsql-load-test/internal/telemetry"
)

// check reports the faults of what isn't in the config.
func (f *flags) check(c *bench.Config) error {
	all := &faults{set: f.set}
	if err := f.refuseIdle(c, all); err != nil {
		return err
	}
	all.must(f.Out != "", "out", f.Out, "a folder; . is the current one")
	for flag, value := range map[string]string{
		"endpoint-url": f.EndpointURL, "prometheus-url": f.PrometheusURL, "jaeger-url": f.JaegerURL, "grafana-url": f.GrafanaURL,
	} {
		all.must(value == "" || secret.Web(value) == nil, flag, value,
			"a URL that begins with http:// or https://, its user and password percent-encoded")
	}
	f.checkLocalTarget(all)
	if c.TelemetryRequired || c.Telemetry == bench.TelemetryRelay || c.Telemetry == bench.TelemetryOTLP { // else a warning
		all.all = append(all.all, telemetry.CheckVariables(os.Getenv)...)
	}
	all.must(f.Architecture == "arm64" || f.Architecture == "x86_64", "architecture", f.Architecture, "arm64 or x86_64")
	all.must(f.Settle >= 0, "settle", f.Settle, "0 or more")
	all.must(!f.noWarmUp || f.warmUp == 0 || !f.set.Changed("warm-up"), "warm-up", f.warmUp, "0, or left out, with "+f.Named("no-warm-up"))
	all.must(!f.noRetry || f.retries == 0 || !f.set.Changed("retries"), "retries", f.retries, "0, or left out, with "+f.Named("no-retry"))
	if c.Target == bench.Local && f.EndpointURL != "" && f.DatabaseURL == "" && c.Verify != bench.VerifyOff {
		all.all = append(all.all, fmt.Errorf("%s = %s: must be off with %s, unless --database-url says where to look",
			setting.SourceOf(c, "verify"), c.Verify, f.Named("endpoint-url")))
	}
	f.checkAWS(c, all)
	if c.Target == bench.AWS && f.Cluster != "" && f.DatabaseURL == "" {
		a, err := run.ClusterAddress(&f.Values, c)
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
	if f.EndpointURL != "" {
		endpoint = f.Named("endpoint-url")
	}
	switch {
	case c.Target == bench.AWS:
		all.checkAWS(awsconfig.Use{Profile: f.Profile, Endpoint: endpoint})
	case endpoint != "":
		all.all = append(all.all, awsconfig.Check(awsconfig.Use{Endpoint: endpoint, MadeUp: true}))
	}
}

// checkLocalTarget notes the faults of what only the local target has.
func (f *flags) checkLocalTarget(all *faults) {
	all.must(f.EnvConcurrency >= 0 && f.EnvConcurrency <= 1000, "env-concurrency", f.EnvConcurrency, "1 to 1000, or 0 for a choice that fits")
	all.must(f.ConcurrencyLimit >= 0, "concurrency-limit", f.ConcurrencyLimit, "1 or more, or 0 for none")
	all.must(f.FunctionTimeout >= time.Second && f.FunctionTimeout <= 15*time.Minute, "function-timeout", f.FunctionTimeout, "1s to 15m, as on AWS")
	all.must(f.Front == "on" || f.Front == "off", "front", f.Front, "on or off")
	_, err := run.Faults(&f.Values)
	all.all = append(all.all, err)
	if f.DatabaseURL != "" {
		_, err := address.Address{URL: f.DatabaseURL}.Where()
		all.add("database-url", "", err)
	}
}

// checkOutcome reports the faults of what only a run has.
func (f *flags) checkOutcome(c *bench.Config) error {
	all := &faults{set: f.set}
	all.must(f.Repeat >= 1 && f.Repeat <= maxRepeat, "repeat", f.Repeat, fmt.Sprintf("1 to %d", maxRepeat))
	all.must(f.CloudWatch == "auto" || f.CloudWatch == "wait" || f.CloudWatch == "off", "cloudwatch", f.CloudWatch, "auto, wait or off")
	all.must(f.JUnit == "" || f.Repeat == 1, "junit", f.JUnit, "left out with "+f.Named("repeat")+": it is of one run")
	all.must(!f.JSON || f.Repeat == 1, "json", f.JSON, "left out with "+f.Named("repeat")+": it is of one run")
	if c.AbortOnFail && len(c.Thresholds) == 0 {
		all.all = append(all.all, fmt.Errorf("%s = true: must be given with a --threshold", setting.SourceOf(c, "abort_on_fail")))
	}
	_, err := cost.Read(f.Prices)
	all.add("prices", "", err)
	if f.JUnit != "" {
		all.add("junit", f.JUnit, checkFile(f.JUnit, f.Out))
	}
	if f.Out != "" {
		all.add("out", f.Out, doctor.Writable(f.Out))
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
