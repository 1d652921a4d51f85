package telemetry

import "strings"

// isTrue: the specification knows no other word for it, in any case.
func isTrue(value string) bool { return strings.EqualFold(Trimmed(value), "true") }

func isTruth(value string) bool { return isTrue(value) || strings.EqualFold(value, "false") }

func isExporter(value string) bool { return strings.EqualFold(value, "otlp") || isNone(value) }

func isNone(value string) bool { return strings.EqualFold(Trimmed(value), "none") }

func Trimmed(value string) string { return strings.TrimSpace(value) }
