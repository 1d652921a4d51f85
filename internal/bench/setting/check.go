package setting

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/secret"
)

// check returns the faults of the values outside of Config, and contradictions between
// values.
func (v *Values) check() (faults []error) {
	must := func(ok bool, flag, allowed string) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s = %s: must be %s", v.Named(flag), v.shown(flag), allowed))
		}
	}
	for _, s := range Table() {
		if s.Key == "" {
			allowed := s.Kind.fault(&v.Config, plain(s.At(v)))
			must(allowed == "", s.Flag, allowed)
		}
	}
	must(!v.NoWarmUp || v.parsed.Config.WarmUp == 0 || !v.Has("warm-up"), "warm-up", "0, or left out, with "+v.Named("no-warm-up"))
	must(!v.NoRetry || v.parsed.Config.Retries == 0 || !v.Has("retries"), "retries", "0, or left out, with "+v.Named("no-retry"))
	must(v.JUnit == "" || v.Repeat == 1, "junit", "left out with "+v.Named("repeat")+": it describes one run")
	must(!v.JSON || v.Repeat == 1, "json", "left out with "+v.Named("repeat")+": it describes one run")
	c := &v.Config
	if c.AbortOnFail && len(c.Thresholds) == 0 {
		faults = append(faults, fmt.Errorf("%s = true: must be given with a --threshold", v.Source("abort_on_fail")))
	}
	if v.CloudWatch == "off" && c.Target == bench.AWS && threshold.OnCloudWatch(c.Thresholds) {
		faults = append(faults, fmt.Errorf("%s = off: must be auto or wait, because a threshold is on a figure of CloudWatch", v.Named("cloudwatch")))
	}
	if c.Target == bench.Local && v.EndpointURL != "" && v.DatabaseURL == "" && c.Verify != bench.VerifyOff {
		faults = append(faults, fmt.Errorf("%s = %s: must be off with %s, unless --database-url says where to look",
			v.Source("verify"), c.Verify, v.Named("endpoint-url")))
	}
	return faults
}

// shown returns a flag's value for a message, without the password of a URL.
func (v *Values) shown(flag string) string {
	row := rows(flag)[0]
	from := v
	if v.Has(flag) {
		from = v.parsed // v has the value after --no-warm-up and --no-retry
	}
	text := secret.Address(row.flagValue(from).String())
	if text == "" {
		return `""`
	}
	return text
}
