package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"dsql-load-test/internal/bench"
)

// A small run; it leaves rows in a database of the lab.
const smallRows = 2 * 4 * 10 * 5

func (l *lab) small(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return l.start(t, env, append([]string{"--num-lambdas", "4", "--iterations", "10", "--count", "5", "--warm-up", "0"}, args...)...)
}

// nobody is an address where no server listens.
const nobody = "127.0.0.1:1"

// only makes a run use a collector, but no other part of a stack.
func only(endpoint string) []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + endpoint, "DSQLLOAD_COLLECTOR_METRICS_URL=http://" + nobody + "/metrics",
		"DSQLLOAD_PROMETHEUS_URL=http://" + nobody, "DSQLLOAD_JAEGER_URL=http://" + nobody,
	}
}

// testAbsent: a run continues without a collector unless --telemetry-required forbids it.
func (l *lab) testAbsent(t *testing.T) {
	at := l.database(t, "absent", "")
	env := append(only(nobody), to(at)...)
	auto, required, relay := l.small(t, env), l.small(t, env, "--telemetry-required"), l.small(t, env, "--telemetry", "relay")

	r := auto.wait()
	if err := errors.Join(is("exit code", r.code, 0), r.complete(smallRows)); err != nil {
		t.Errorf("auto: %v", err)
	}
	if tel := r.record.Telemetry; tel == nil || tel.Mode != bench.TelemetryOff || r.record.Accounts != nil || len(r.record.Run.Warnings) > 0 {
		t.Errorf("auto: telemetry %+v, warnings %v; want none", tel, r.record.Run.Warnings)
	}
	if n := strings.Count(r.stderr, "telemetry off: no collector answers at http://"+nobody); n != 1 {
		t.Errorf("auto: stderr says %d times that telemetry is off:\n%s", n, r.stderr)
	}

	r = required.wait()
	if err := r.notBegun(nobody); err != nil {
		t.Errorf("required: %v", err)
	}

	r = relay.wait()
	if err := errors.Join(is("exit code", r.code, 0), r.complete(smallRows), lostAll(r.record, "unconfirmed"), r.late()); err != nil {
		t.Errorf("relay: %v", err)
	}
}

// notBegun returns why a run doesn't look like one that was refused because of its collector.
func (r *run) notBegun(endpoint string) error {
	if r.code != 2 || r.record != nil || !strings.Contains(r.stderr, endpoint) || !strings.Contains(r.stderr, "hint: ") {
		return fmt.Errorf("exit code %d, results %v, stderr %q; want 2, none, and the endpoint", r.code, r.record, r.stderr)
	}
	return nil
}

// late returns an error if the process ended too long after its run. On a quiet machine it
// takes 10 s at most, and mostly 9 s, if no collector accepts the telemetry; here many
// drivers end at the same time. internal/telemetry proves the limit with a fake clock.
func (r *run) late() error {
	const limit = 30 * time.Second
	if took := r.end.Sub(r.record.Run.EndedAt); took > limit {
		return fmt.Errorf("ended %v after its run, want %v at most", took, limit)
	}
	return nil
}

// lostAll returns the errors in the account of a run whose driver could send no span. Points
// that later points replaced don't count as lost.
func lostAll(r *bench.Record, reason string) error {
	t := r.Telemetry
	hop := t.Spans.Driver
	all := hop.Received + hop.Produced
	err := errors.Join(balanced(t), is("spans passed", hop.Passed, 0), is("points passed", t.Points.Driver.Passed, 0), warned(r))
	if all < 260 { // 200 and 40 statements, 8 handlers, 8 calls, 4 of the run
		err = errors.Join(err, fmt.Errorf("an account of %d spans", all))
	}
	if reason == "" {
		return errors.Join(err, is("spans refused", hop.Refused, all))
	}
	return errors.Join(err, is("spans "+reason, hop.Dropped[reason], all))
}

// warned returns an error unless the results say that telemetry was lost.
func warned(r *bench.Record) error {
	if r.Telemetry.OK || r.Telemetry.Problem == "" {
		return fmt.Errorf("telemetry is said to be whole: %+v", r.Telemetry)
	}
	if r.Verdict == nil || !slices.ContainsFunc(r.Verdict.Reasons, func(reason bench.Reason) bool { return reason.Code == "telemetry_lost" }) {
		return fmt.Errorf("the verdict doesn't say so: %+v", r.Verdict)
	}
	return nil
}

// testRefuses: a collector that rejects all telemetry.
func (l *lab) testRefuses(t *testing.T) {
	at := l.database(t, "refused", "")
	type pair struct {
		*refuser
		endpoint, reason  string
		tolerant, demands *process
	}
	var pairs []pair
	for code, reason := range map[codes.Code]string{codes.ResourceExhausted: "unconfirmed", codes.Unavailable: "unconfirmed", codes.OK: ""} {
		p := pair{refuser: &refuser{code: code}, reason: reason}
		p.endpoint = p.serve(t)
		env := append(only(p.endpoint), to(at)...)
		p.tolerant, p.demands = l.small(t, env, "--telemetry", "relay"), l.small(t, env, "--telemetry-required")
		pairs = append(pairs, p)
	}
	for _, p := range pairs {
		tolerant, demands := p.tolerant.wait(), p.demands.wait()
		if err := errors.Join(is("exit code", tolerant.code, 0), tolerant.complete(smallRows), lostAll(tolerant.record, p.reason), tolerant.late()); err != nil {
			t.Errorf("%s: %v", p.code, err)
		}
		if p.code != codes.OK { // its first export, of nothing, was refused
			if err := demands.notBegun(p.endpoint); err != nil {
				t.Errorf("%s, required: %v", p.code, err)
			}
			continue
		}
		if err := errors.Join(is("exit code", demands.code, 1), demands.complete(smallRows), lostAll(demands.record, p.reason), demands.late()); err != nil {
			t.Errorf("%s, required: %v", p.code, err)
		}
		told := tolerant.record.Telemetry.Spans.Driver.Refused + demands.record.Telemetry.Spans.Driver.Refused
		if p.spans.Load() != told {
			t.Errorf("%d spans were sent, %d told as refused", p.spans.Load(), told)
		}
	}
}
