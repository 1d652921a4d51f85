package telemetry

import "strings"

// isTrue reports whether value is "true" in upper or lower case, the only true value of the
// specification.
func isTrue(value string) bool { return strings.EqualFold(Trimmed(value), "true") }

func isTruth(value string) bool { return isTrue(value) || strings.EqualFold(value, "false") }

func isExporter(value string) bool { return strings.EqualFold(value, "otlp") || isNone(value) }

func isNone(value string) bool { return strings.EqualFold(Trimmed(value), "none") }

// Trimmed returns value without the space around it. An empty value counts as unset.
func Trimmed(value string) string { return strings.TrimSpace(value) }
