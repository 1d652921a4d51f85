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

// Validate reports every fault of c at once, joined, each a *bench.Fault; nil when
// a run can start.
func Validate(c *bench.Config) error {
	all := faultsIn(c, func(s Setting) bool { return s.Key != "" })
	return each(append(all, threshold.Validate(c)))
}

// ValidatePlans is Validate of the values that Plans and WarmUpPlan are made of: a
// record of a run that was planned elsewhere, or long ago, must have them right.
func ValidatePlans(c *bench.Config) error {
	return errors.Join(faultsIn(c, func(s Setting) bool { return s.Key != "" && (s.Group == Plan || s.Group == Load) })...)
}

// faultsIn reports the faults of the values that the chosen rows are about.
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
			value = joined(names[:min(len(names), 10)])
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

// planned reports whether a key counts: the sizes of a scenario that does not run do not.
func planned(c *bench.Config, key string) bool {
	for _, s := range bench.Scenarios() {
		if strings.HasPrefix(key, s.Key()+".") {
			return c.Runs(s) || knownScenarios(c, c.Scenarios) != ""
		}
	}
	return true
}

// each joins faults, those that are joined themselves one by one.
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

// The checks of single values that are more than a range. Each returns the allowed
// values, or "" for a good value.

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

// IsRegion reports whether name can be an AWS region's. That of FIPS endpoints, which
// the SDK takes for one, isn't.
func IsRegion(name string) bool {
	return regexp.MustCompile(regionPattern).MatchString(name) && !strings.Contains(name, "-fips-")
}

func telemetryOn(c *bench.Config, value any) string {
	if value.(bool) && c.Telemetry == bench.TelemetryOff {
		return "false when telemetry is off"
	}
	return ""
}

func joined(names []bench.Scenario) string {
	texts := make([]string, len(names))
	for i, s := range names {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}
