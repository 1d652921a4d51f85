package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/front"
)

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
	fault(!f.noWarmUp || f.warmUp == 0 || !byFlag(c, "warm_up_invocations"), "warm-up", f.warmUp, "0, or left out, with --no-warm-up")
	fault(!f.noRetry || f.retries == 0 || !byFlag(c, "retries"), "retries", f.retries, "0, or left out, with --no-retry")
	if c.Target == bench.Local && f.endpointURL != "" && f.databaseURL == "" && c.Verify != bench.VerifyOff {
		fault(false, "verify", c.Verify, "off with --endpoint-url, unless --database-url says where to look")
	}
	fault(f.cluster == "" || c.Target == bench.AWS && f.databaseURL == "", "cluster", f.cluster, "used with --target aws, and without --database-url")
	return errors.Join(faults...)
}

// checkOutcome reports the faults of what only a run has.
func (f *flags) checkOutcome(c *bench.Config) error {
	var faults []error
	fault := func(ok bool, flag string, value any, allowed string) {
		if !ok {
			faults = append(faults, fmt.Errorf("--%s = %v: must be %s", flag, value, allowed))
		}
	}
	fault(f.repeat >= 1 && f.repeat <= maxRepeat, "repeat", f.repeat, fmt.Sprintf("1 to %d", maxRepeat))
	fault(f.cloudWatch == "auto" || f.cloudWatch == "wait" || f.cloudWatch == "off", "cloudwatch", f.cloudWatch, "auto, wait or off")
	fault(f.junit == "" || f.repeat == 1, "junit", f.junit, "left out with --repeat: it is of one run")
	onAWS := c.Target == bench.AWS
	fault(onAWS || !f.skipChecks, "skip-checks", f.skipChecks, "left out on the local target")
	fault(onAWS || f.cloudWatch == "auto", "cloudwatch", f.cloudWatch, "left out on the local target")
	fault(f.architecture == "arm64" || f.architecture == "x86_64", "architecture", f.architecture, "arm64 or x86_64")
	fault(!f.json || f.repeat == 1, "json", f.json, "left out with --repeat: it is of one run")
	fault(!c.AbortOnFail || len(c.Thresholds) > 0, "abort-on-fail", c.AbortOnFail, "given with a --threshold")
	if _, err := cost.Read(f.prices); err != nil {
		faults = append(faults, fmt.Errorf("--prices: %w", err))
	}
	return errors.Join(faults...)
}

const maxRepeat = 1000

// byFlag reports whether a flag, or its variable, gave the key its value.
func byFlag(c *bench.Config, key string) bool {
	origin := c.Origin[key]
	return strings.HasPrefix(origin, "--") || strings.HasPrefix(origin, variablePrefix)
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
