package telemetry

import (
	"fmt"
	"slices"
	"strings"
)

// The variables that turn off all telemetry, or one signal.
const (
	disabledVariable = "OTEL_SDK_DISABLED"
	TracesVariable   = "OTEL_TRACES_EXPORTER"
	MetricsVariable  = "OTEL_METRICS_EXPORTER"
)

// Signals says which signals are exported.
type Signals struct{ Traces, Metrics bool }

// Others returns the signals that aren't in s.
func (s Signals) Others() Signals { return Signals{Traces: !s.Traces, Metrics: !s.Metrics} }

// Exported returns the signals that the standard variables leave on. OTEL_SDK_DISABLED turns off
// both; the exporter none turns off its own signal.
func Exported(getenv func(string) string) Signals {
	if isTrue(getenv(disabledVariable)) {
		return Signals{}
	}
	return Signals{Traces: !isNone(getenv(TracesVariable)), Metrics: !isNone(getenv(MetricsVariable))}
}

// Disabled returns the variables that turn all telemetry off; empty if it is on.
func Disabled(getenv func(string) string) string {
	switch {
	case isTrue(getenv(disabledVariable)):
		return fmt.Sprintf("%s=%s", disabledVariable, Trimmed(getenv(disabledVariable)))
	case Exported(getenv) == Signals{}:
		return fmt.Sprintf("%s=none with %s=none", TracesVariable, MetricsVariable)
	}
	return ""
}

// CheckVariables returns an error for every supported standard variable with an invalid value.
// Each says what is allowed, and shows no secret.
func CheckVariables(getenv func(string) string) []error {
	if isTrue(getenv(disabledVariable)) {
		return nil // the others have no effect then
	}
	return slices.Concat(ExporterFaults(getenv), resourceFaults(getenv))
}

// TakenAsFalse returns a warning for every boolean standard variable that is neither true nor
// false. The specification requires a warning, and that such a value counts as false.
func TakenAsFalse(getenv func(string) string) []error {
	c := checking{getenv: getenv}
	truth := func(name, value string) {
		c.must(value == "" || isTruth(value), name, value, "true or false, and counts as false")
	}
	on := Exported(getenv)
	truth(disabledVariable, Trimmed(getenv(disabledVariable)))
	if on.Traces {
		truth(c.setting("TRACES_", "INSECURE"))
	}
	if on.Metrics {
		truth(c.setting("METRICS_", "INSECURE"))
	}
	return c.faults
}

// Usable returns, as NAME=value, the variables that turn telemetry off or describe the process,
// without those that have an invalid value.
func Usable(getenv func(string) string) []string {
	var all []string
	keep := func(name string, usable bool) {
		if value := getenv(name); usable && Trimmed(value) != "" {
			all = append(all, name+"="+value)
		}
	}
	keep(disabledVariable, isTruth(Trimmed(getenv(disabledVariable))))
	for _, name := range []string{TracesVariable, MetricsVariable} {
		keep(name, isExporter(Trimmed(getenv(name))))
	}
	_, err := resourceVariables(getenv)
	keep(attributesVariable, err == nil)
	return all
}

// ExporterFaults returns the errors of the variables that configure the export.
func ExporterFaults(getenv func(string) string) []error {
	c := checking{getenv: getenv}
	for _, name := range []string{TracesVariable, MetricsVariable} {
		value := Trimmed(getenv(name))
		c.must(value == "" || isExporter(value), name, value, "otlp or none")
	}
	on := Exported(getenv)
	if on.Traces {
		c.signal("TRACES_")
	}
	if on.Metrics {
		c.signal("METRICS_")
	}
	return c.faults
}

// checking collects the faults of variables.
type checking struct {
	getenv func(string) string
	faults []error
}

func (c *checking) must(ok bool, name, value, allowed string) {
	if fault := fmt.Errorf("%s = %s: must be %s", name, value, allowed); !ok {
		c.add(fault)
	}
}

// add adds a fault once: both signals may use the same general variable.
func (c *checking) add(fault error) {
	if !slices.ContainsFunc(c.faults, func(f error) bool { return f.Error() == fault.Error() }) {
		c.faults = append(c.faults, fault)
	}
}

// setting returns the variable that applies to a signal, and its value; empty if neither the
// signal's own variable nor the general one is set.
func (c *checking) setting(signal, of string) (name, value string) {
	for _, name := range []string{exporterPrefix + signal + of, exporterPrefix + of} {
		if value := Trimmed(c.getenv(name)); value != "" {
			return name, value
		}
	}
	return "", ""
}

// signal checks the settings of a signal's exporter.
func (c *checking) signal(signal string) {
	for of, check := range exporterChecks() {
		if name, value := c.setting(signal, of); name != "" {
			if err := check(value); err != nil {
				c.add(fmt.Errorf("%s%w", name, err))
			}
		}
	}
	certificate, file := c.setting(signal, "CLIENT_CERTIFICATE")
	key, keyFile := c.setting(signal, "CLIENT_KEY")
	if err := checkPair(certificate, file, key, keyFile); err != nil {
		c.add(err)
	}
	slices.SortFunc(c.faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}
