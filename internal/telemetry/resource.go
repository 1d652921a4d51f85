package telemetry

import (
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
)

// The variables that describe a process.
const (
	attributesVariable = "OTEL_RESOURCE_ATTRIBUTES"
	serviceVariable    = "OTEL_SERVICE_NAME"
)

// Resource returns the attributes of a process. The standard variables override ours, but not
// identity, because identity distinguishes series and runs.
func Resource(getenv func(string) string, ours []attribute.KeyValue, identity ...attribute.KeyValue) *resource.Resource {
	all, err := resourceVariables(getenv)
	if err != nil {
		all = nil // the specification discards all of them; CheckVariables reports the error
	}
	if name := Trimmed(getenv(serviceVariable)); name != "" && utf8.ValidString(name) {
		all = append(all, semconv.ServiceName(name))
	}
	all = append(append(ours[:len(ours):len(ours)], all...), identity...)
	return resource.NewSchemaless(all...) // the last value of a key counts
}

// resourceVariables reads OTEL_RESOURCE_ATTRIBUTES. Its error shows no value, which could be a
// secret meant for another variable, such as a header.
func resourceVariables(getenv func(string) string) (all []attribute.KeyValue, err error) {
	for n, pair := range strings.Split(getenv(attributesVariable), ",") {
		if Trimmed(pair) == "" {
			continue
		}
		name, text, found := strings.Cut(pair, "=")
		key, keyErr := url.PathUnescape(Trimmed(name))
		value, valueErr := url.PathUnescape(Trimmed(text))
		allowed := ""
		switch {
		case !found || key == "" || keyErr != nil || valueErr != nil || !utf8.ValidString(key+value):
			allowed = "key=value pairs of UTF-8, separated by commas, values percent-encoded"
		case strings.HasPrefix(key, ownPrefix):
			allowed = "without what begins with " + ownPrefix + ", which a run says itself"
		default:
			all = append(all, attribute.String(key, value))
			continue
		}
		return nil, fmt.Errorf("%s: its entry %d can't be used: must be %s", attributesVariable, n+1, allowed)
	}
	return all, nil
}

// resourceFaults returns the errors of the variables that describe the process.
func resourceFaults(getenv func(string) string) (all []error) {
	if _, err := resourceVariables(getenv); err != nil {
		all = append(all, err)
	}
	if name := Trimmed(getenv(serviceVariable)); !utf8.ValidString(name) {
		all = append(all, fmt.Errorf("%s = %s: must be UTF-8", serviceVariable, name))
	}
	return all
}

// Version returns the module version of this program, or "devel".
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
