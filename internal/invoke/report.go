package invoke

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// timedOut is Lambda's message for an invocation that ran out of time (AWS Lambda Developer
// Guide, "Troubleshoot invocation issues").
const timedOut = "Task timed out after "

// mostReported is the largest number accepted in a REPORT line: a day in milliseconds.
const mostReported = 86_400_000

// report reads the REPORT line of a log tail; nil if it has none.
func report(base64Tail string) *bench.Report {
	tail, err := base64.StdEncoding.DecodeString(base64Tail)
	if err != nil {
		return nil
	}
	at := bytes.LastIndex(tail, []byte("REPORT RequestId: "))
	if at < 0 {
		return nil
	}
	line, _, _ := strings.Cut(string(tail[at:]), "\n")
	return fields(line)
}

// fields reads the fields of a REPORT line; nil without any.
func fields(line string) *bench.Report {
	var r bench.Report
	found := false
	for field := range strings.SplitSeq(line, "\t") {
		name, value, _ := strings.Cut(field, ": ")
		number, _, _ := strings.Cut(value, " ")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil {
			continue // the id, for example
		}
		if !(v >= 0 && v <= mostReported) {
			return nil // the function wrote that line, not Lambda
		}
		took := time.Duration(v * float64(time.Millisecond))
		switch name {
		case "Duration":
			r.Duration = took
		case "Billed Duration":
			r.Billed = took
		case "Init Duration":
			r.Init = took
		case "Memory Size":
			r.MemoryMB = int64(v)
		case "Max Memory Used":
			r.MaxMemoryMB = int64(v)
		default:
			continue
		}
		found = true
	}
	if !found {
		return nil
	}
	return &r
}
