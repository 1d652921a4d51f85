package telemetry

import (
	"slices"
	"strings"
)

// IdleVariables returns the names of the standard variables in environ (the form of os.Environ)
// that are set but have no effect here. It leaves out those of other languages' SDKs, because
// nobody expects them to have one.
func IdleVariables(environ []string) []string {
	var idle []string
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		noLogs := name == "OTEL_LOGS_EXPORTER" && isNone(value) // no logs are exported anyway
		if strings.HasPrefix(name, "OTEL_") && Trimmed(value) != "" && !honoured(name) && !otherLanguage(name) && !noLogs {
			idle = append(idle, name)
		}
	}
	slices.Sort(idle)
	return slices.Compact(idle)
}

// honoured reports whether a variable has an effect.
func honoured(name string) bool {
	if setting, found := strings.CutPrefix(name, exporterPrefix); found {
		setting = strings.TrimPrefix(strings.TrimPrefix(setting, "TRACES_"), "METRICS_")
		_, known := exporterChecks()[setting]
		return known || setting == "CLIENT_CERTIFICATE" || setting == "CLIENT_KEY"
	}
	return slices.Contains([]string{disabledVariable, TracesVariable, MetricsVariable, attributesVariable, serviceVariable}, name)
}

// otherLanguage reports whether a variable belongs to another language's SDK, or to the automatic
// instrumentation of Go.
func otherLanguage(name string) bool {
	return slices.ContainsFunc([]string{"DOTNET", "ERLANG", "GO_AUTO", "JAVA", "JAVAAGENT", "NODE", "PHP", "PYTHON", "RUBY", "RUST", "SWIFT"}, func(language string) bool {
		return strings.HasPrefix(name, "OTEL_"+language+"_")
	})
}
