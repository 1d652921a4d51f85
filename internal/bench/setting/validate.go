package setting

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
)

// Validate returns all faults of c, joined, each a *bench.Fault; nil if a run can start.
func Validate(c *bench.Config) error {
	all := faultsIn(c, func(s Setting) bool { return s.Key != "" })
	return each(append(all, threshold.Validate(c)))
}

// ValidatePlans is Validate for the values that bench.Config's Plans and WarmUpPlan use.
// It checks the config in a record, which an older or another program may have written.
func ValidatePlans(c *bench.Config) error {
	return errors.Join(faultsIn(c, func(s Setting) bool { return s.Key != "" && (s.Group == Plan || s.Group == Load) })...)
}

// faultsIn returns the faults in the values of the chosen rows.
func faultsIn(c *bench.Config, chosen func(Setting) bool) (faults []error) {
	v := &Values{Config: *c}
	must := func(key string, value any, allowed string) {
		if allowed != "" {
			faults = append(faults, &bench.Fault{Key: key, Origin: c.Origin[key], Value: value, Allowed: allowed})
		}
	}
	for _, s := range Table() {
		if !chosen(s) || !planned(c, s.Key) {
			continue
		}
		value := plain(s.At(v))
		allowed := s.Kind.fault(c, value)
		if names, ok := value.([]bench.Scenario); ok {
			value = bench.Join(names[:min(len(names), 10)])
		}
		if slow, ok := value.(bench.SlowLatency); ok {
			value = float64(slow) // as in the file
		}
		must(s.Key, value, allowed)
	}
	if len(faults) > 0 {
		return faults
	}
	for _, s := range c.Scenarios {
		l := c.Load(s)
		if rows := int64(l.NumLambdas) * int64(l.Iterations) * int64(l.Count); rows > bench.MaxRows {
			must(s.Key(), fmt.Sprintf("%d invocations x %d iterations x %d = %d rows", l.NumLambdas, l.Iterations, l.Count, rows),
				fmt.Sprintf("at most %d rows", bench.MaxRows))
		}
	}
	return faults
}

// planned reports whether a key matters: the sizes of a scenario that doesn't run don't.
func planned(c *bench.Config, key string) bool {
	for _, s := range bench.Scenarios() {
		if strings.HasPrefix(key, s.Key()+".") {
			return c.Runs(s) || knownScenarios(c, c.Scenarios) != ""
		}
	}
	return true
}

// each joins all errors and flattens those that are joined already.
func each(all []error) error {
	var flat []error
	for _, err := range all {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			flat = append(flat, joined.Unwrap()...)
		} else {
			flat = append(flat, err)
		}
	}
	return errors.Join(flat...)
}

// Checks of single values that need more than a range. Each returns the allowed values, or
// "" for a good value.

func knownScenarios(_ *bench.Config, value any) string {
	names := value.([]bench.Scenario)
	for i, s := range names {
		if !slices.Contains(bench.Scenarios(), s) || slices.Contains(names[:i], s) {
			return "1, 2 or both"
		}
	}
	if len(names) == 0 {
		return "1, 2 or both"
	}
	return ""
}

func rowsPerBatch(_ *bench.Config, value any) string { return bench.WrongBatch(value.(int)) }

const regionPattern = `^[a-z]{2}(-[a-z]+)+-[0-9]$`

func knownRegion(_ *bench.Config, value any) string {
	if IsRegion(value.(string)) {
		return ""
	}
	return "an AWS region such as us-east-1"
}

// IsRegion reports whether name can be the name of an AWS region. The names of FIPS
// endpoints, such as fips-us-east-1, can't, although the SDK accepts them.
func IsRegion(name string) bool {
	return regexp.MustCompile(regionPattern).MatchString(name) && !strings.Contains(name, "-fips-")
}

func telemetryOn(c *bench.Config, value any) string {
	if value.(bool) && c.Telemetry == bench.TelemetryOff {
		return "false when telemetry is off"
	}
	return ""
}
