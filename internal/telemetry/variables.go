package telemetry

import (
	"fmt"
	"slices"
	"strings"
)

// The variables that turn telemetry off: all of it, or one signal.
const (
	disabledVariable = "OTEL_SDK_DISABLED"
	TracesVariable   = "OTEL_TRACES_EXPORTER"
	MetricsVariable  = "OTEL_METRICS_EXPORTER"
)

// Signals are those that are exported.
type Signals struct{ Traces, Metrics bool }

// Others are the signals that aren't in s.
func (s Signals) Others() Signals { return Signals{Traces: !s.Traces, Metrics: !s.Metrics} }

// Exported says which signals the standard variables leave on: OTEL_SDK_DISABLED
// turns off both, the exporter none its own.
func Exported(getenv func(string) string) Signals {
	if isTrue(getenv(disabledVariable)) {
		return Signals{}
	}
	return Signals{Traces: !isNone(getenv(TracesVariable)), Metrics: !isNone(getenv(MetricsVariable))}
}

// Disabled says which variables turn all telemetry off; empty when it is on.
func Disabled(getenv func(string) string) string {
	switch {
	case isTrue(getenv(disabledVariable)):
		return fmt.Sprintf("%s=%s", disabledVariable, Trimmed(getenv(disabledVariable)))
	case Exported(getenv) == Signals{}:
		return fmt.Sprintf("%s=none with %s=none", TracesVariable, MetricsVariable)
	}
	return ""
}

// CheckVariables reports every standard variable that is honoured here and whose
// value can't be used, each with what is allowed. Secrets are not shown.
func CheckVariables(getenv func(string) string) []error {
	if isTrue(getenv(disabledVariable)) {
		return nil // the others mean nothing then
	}
	return slices.Concat(ExporterFaults(getenv), resourceFaults(getenv))
}

// TakenAsFalse reports every standard variable that is to be true or false and is
// neither. The specification takes that for false, and wants a warning.
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

// Usable are the variables, NAME=value each, that say of a process whether and as what it
// is observed, as far as their values can be used: one that can't has no effect.
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

// ExporterFaults is CheckVariables of what says where and how is exported.
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

// checking collects faults.
type checking struct {
	getenv func(string) string
	faults []error
}

func (c *checking) must(ok bool, name, value, allowed string) {
	if fault := fmt.Errorf("%s = %s: must be %s", name, value, allowed); !ok {
		c.add(fault)
	}
}

// add notes a fault once: signals share the general variables.
func (c *checking) add(fault error) {
	if !slices.ContainsFunc(c.faults, func(f error) bool { return f.Error() == fault.Error() }) {
		c.faults = append(c.faults, fault)
	}
}

// setting is the variable that counts for a signal, and its value; empty when
// neither the signal's own nor the general one is set.
func (c *checking) setting(signal, of string) (name, value string) {
	for _, name := range []string{exporterPrefix + signal + of, exporterPrefix + of} {
		if value := Trimmed(c.getenv(name)); value != "" {
			return name, value
		}
	}
	return "", ""
}

// signal checks the settings of one signal's exporter.
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
