package e2e_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

// testGroups: one invocation of many statements. Its traces are small, opened at once, and hold
// every statement.
func (l *lab) testGroups(t *testing.T) {
	const statements = 3000
	for _, tc := range []struct {
		name, mode, detail string
		least, most        int // traces of the invocation
	}{
		{"auto", "relay", "auto", 30, 50},
		{"all detail", "relay", "all", 40, 120},
		{"function exports itself", "otlp", "logical", 30, 31},
	} {
		t.Run(tc.name, func(t *testing.T) {
			env := append(l.observed(), "DSQLLOAD_FRONT=off", "OTEL_EXPORTER_OTLP_TIMEOUT=30000")
			r := l.run(t, 0, env, "--num-lambdas", "1", "--iterations", strconv.Itoa(statements), "--scenario", "1",
				"--warm-up", "0", "--telemetry", tc.mode, "--trace-detail", tc.detail)
			spans := l.traces(t, r)
			ids, err := l.traceIDs(t, r)
			const own = 1 // the run's
			n := len(ids) - own
			if err := errors.Join(err, r.complete(statements), agree(r, statements), whole(r.record.Telemetry), stored(r.record.TraceStore, int64(n))); err != nil {
				t.Error(err)
			}
			if n < tc.least || n > tc.most {
				t.Errorf("%d traces of %d statements, want %d to %d", n, statements, tc.least, tc.most)
			}
			if err := grouped(spans, statements, n); err != nil {
				t.Error(err)
			}
			largest := l.checkOpened(t, r, ids)
			l.checkSlowest(t, r)
			t.Logf("%d spans in %d traces, the largest of %d bytes", len(spans), n, largest)
		})
	}
}

// grouped returns what is wrong with the traces of one invocation.
func grouped(spans []span, statements, traces int) error {
	byID := map[string]span{}
	var handler span
	roots, rest := 0, map[string]bool{} // statements that are nowhere, by place
	for i := range statements {
		rest[fmt.Sprint(i)] = true
	}
	for _, s := range spans {
		byID[s.id()] = s
		switch s.Name {
		case "statements":
			roots++
		case "dsql-load-test-lambda":
			handler = s
		case statement:
			delete(rest, s.attributes["dsqlload.iteration"])
		}
	}
	if handler.Span == nil || roots != traces-1 || len(rest) > 0 {
		return fmt.Errorf("handler %v, %d roots of %d traces, %d statements missing", handler.Span, roots, traces, len(rest))
	}
	for _, s := range spans {
		switch parent := byID[hex.EncodeToString(s.ParentSpanId)]; {
		case s.Name == "statements":
			if len(s.ParentSpanId) > 0 || len(s.Links) != 1 || string(s.Links[0].SpanId) != string(handler.SpanId) || string(s.Links[0].TraceId) != string(handler.TraceId) {
				return fmt.Errorf("a root isn't linked to the Lambda's span: %v", s.Span)
			}
		case s.Name != statement:
		case parent.Span == nil || string(parent.TraceId) != string(s.TraceId) || parent.Name != "statements" && parent.id() != handler.id() ||
			s.StartTimeUnixNano < parent.StartTimeUnixNano || s.EndTimeUnixNano > parent.EndTimeUnixNano:
			return fmt.Errorf("statement %v lies below %v", s.Span, parent.Span)
		}
	}
	return nil
}

// checkOpened opens traces by both of Jaeger's APIs. It returns the size of the largest answer. A
// trace with many of the slowest statements may be larger, because the driver adds the spans
// below them.
func (l *lab) checkOpened(t *testing.T, r *run, ids []string) (largest int) {
	t.Helper()
	const soon, group, each = time.Second, 178_000, 700 // group: what the function fills it up to, and the root
	added := map[string]int{}                           // spans
	for _, s := range r.slowest() {
		added[s.TraceID] += s.Attempts + len(s.Phases)
	}
	for _, id := range ids {
		most := max(200_000, group+each*added[id])
		for _, path := range []string{"/api/v3/traces/", "/api/traces/"} {
			eventually.Nil(t, func() error { // another program may hold up one of them
				begun := time.Now()
				body, err := get(t, l.stack.JaegerURL+path+id, nil)
				if took := time.Since(begun); err == nil && took > soon {
					err = fmt.Errorf("trace %s was opened in %v", id, took)
				}
				if largest = max(largest, len(body)); len(body) > most {
					t.Errorf("%s%s: %d bytes", path, id, len(body))
				}
				return err
			})
		}
	}
	return largest
}
