package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/relay"
)

// errVariables is the reason telemetry is off if variables are wrong; each was reported before.
var errVariables = errors.New("the environment's variables can't be used")

// openTelemetry connects to the collector. Without a collector the run goes on unobserved,
// unless telemetry is required.
func (s *session) openTelemetry(ctx context.Context) error {
	mode := s.config.Telemetry
	disabled := telemetry.Disabled(os.Getenv)
	switch {
	case disabled != "" && s.config.TelemetryRequired:
		return fmt.Errorf("%s: %s turns telemetry off", setting.SourceOf(s.config, "telemetry_required"), disabled)
	case disabled != "" || mode == bench.TelemetryOff:
		return nil
	}
	s.warnVariables()
	if faults := telemetry.CheckVariables(os.Getenv); len(faults) > 0 {
		s.unobserved = errVariables
		s.tellOf(faults)
		return nil
	}
	s.observed = relay.Options{
		RunID: s.ID, Target: s.config.Target, FunctionName: s.config.FunctionName, Region: s.config.Region,
		Mode: mode, Detail: s.config.TraceDetail, Slow: s.config.SlowMs,
		Start: s.Started, Now: time.Now, Getenv: os.Getenv, Required: s.config.TelemetryRequired,
		CollectorMetricsURL: s.Values.CollectorMetricsURL,
	}
	d, err := relay.Open(ctx, s.observed)
	switch {
	case err == nil:
		s.telemetry = d
		s.unobserved = d.Absent()
	case s.config.TelemetryRequired:
		return quote.Hint(fmt.Errorf("%s: %w", setting.SourceOf(s.config, "telemetry_required"), err), "docker compose up -d starts a collector")
	case mode == bench.TelemetryAuto:
		s.unobserved = err // sayUnobserved prints it
	default:
		return fmt.Errorf("%s %s: %w", setting.SourceOf(s.config, "telemetry"), mode, err)
	}
	return nil
}

// warnVariables says which of the standard variables have no effect, and which are
// neither true nor false.
func (s *session) warnVariables() {
	s.tellOf(telemetry.TakenAsFalse(os.Getenv))
	if s.Repeat != nil && s.Repeat.Number > 1 {
		return
	}
	if idle := telemetry.IdleVariables(os.Environ()); len(idle) > 0 {
		s.say("warning: %s: no effect here", quote.Line(strings.Join(idle, ", ")))
	}
}

// tellOf reports wrong variables on the terminal, once for all repeats, and in the results,
// because --quiet hides it on the terminal.
func (s *session) tellOf(faults []error) {
	for _, fault := range faults {
		text := quote.Line(fault.Error())
		s.warn("%s", text)
		if s.Repeat == nil || s.Repeat.Number == 1 {
			s.say("warning: %s", text)
		}
	}
}

// otlpEndpoint returns the collector's URL for a function that exports telemetry itself; empty
// if it doesn't.
func (s *session) otlpEndpoint() string {
	if s.telemetry == nil || s.config.Telemetry != bench.TelemetryOTLP {
		return ""
	}
	endpoint := telemetry.Endpoint(os.Getenv)
	if !strings.Contains(endpoint, "://") {
		endpoint = "http://" + endpoint
	}
	return endpoint
}

// closeTelemetry sends the remaining telemetry, compares the accounts and adds all of that to
// the record.
func (s *session) closeTelemetry(ctx, drain context.Context) {
	// From here on nobody may use s.telemetry; close would close it a second time.
	d, r := s.telemetry, s.record
	s.telemetry = nil
	// Close works with a nil Driver too, and then says that there was no telemetry.
	t := d.Close(ctx, r.Run.Status)
	r.Telemetry = &t
	if d == nil {
		return
	}
	s.concluded = d.Uncounted()
	// Prometheus scrapes every few seconds: the accounts need Settle to agree.
	if drain.Err() == nil && s.Values.Settle > 0 {
		s.Display.Enter(screen.Comparing, "comparing the accounts of Prometheus, and opening traces in Jaeger")
		r.Accounts = accounts.Of(drain, s.Values.PrometheusURL, s.Values.Settle, r)
		if !r.Accounts.Agree {
			s.warn("the accounts differ: %s", r.Accounts.Problem)
		}
		if d.On().Traces {
			r.TraceStore = accounts.TraceStore(drain, s.Values.JaegerURL, s.Values.Settle, d.Sample())
		}
		if r.TraceStore.Lacks() {
			s.warn("trace store: %s", r.TraceStore.Problem)
		}
	}
	link(s.Values, r, d.TraceID())
	r.EndAgain() // telemetry may be required
}

// concludeTime is how long the collector may take for the run's verdict.
const concludeTime = 2 * time.Second

// conclude sends the run's status and verdict, which closeTelemetry was too early for. It does
// nothing if the collector didn't take the last points either.
func (s *session) conclude(ctx context.Context) {
	t := s.record.Telemetry
	if t == nil || t.Points.Driver.Passed == 0 || t.Points.Driver.Dropped[telemetry.ReasonUnconfirmed] > 0 || ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, concludeTime)
	defer cancel()
	var err error
	if s.concluded, err = relay.Conclude(ctx, s.observed, s.record, s.concluded); err != nil {
		s.warnOnce(fmt.Sprintf("the verdict could not be sent to the collector, so dashboards don't show it: %v", err))
	}
}
