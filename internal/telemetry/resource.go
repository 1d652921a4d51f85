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

// Resource is what spans and points say of their process: what is ours to say, over it
// what the standard variables say, and over that identity, for which series and runs
// are told apart by.
func Resource(getenv func(string) string, ours []attribute.KeyValue, identity ...attribute.KeyValue) *resource.Resource {
	all, err := resourceVariables(getenv)
	if err != nil {
		all = nil // the specification: all of it then, and CheckVariables says why
	}
	if name := Trimmed(getenv(serviceVariable)); name != "" && utf8.ValidString(name) {
		all = append(all, semconv.ServiceName(name))
	}
	all = append(append(ours[:len(ours):len(ours)], all...), identity...)
	return resource.NewSchemaless(all...) // of attributes with the same key the last one counts
}

// resourceVariables reads OTEL_RESOURCE_ATTRIBUTES. Its error shows no value: one that
// can't be used may be another variable's, a header for one.
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

// resourceFaults is CheckVariables of what describes this process.
func resourceFaults(getenv func(string) string) (all []error) {
	if _, err := resourceVariables(getenv); err != nil {
		all = append(all, err)
	}
	if name := Trimmed(getenv(serviceVariable)); !utf8.ValidString(name) {
		all = append(all, fmt.Errorf("%s = %s: must be UTF-8", serviceVariable, name))
	}
	return all
}

// Version is this program's module version, or "devel".
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
