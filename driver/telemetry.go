package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/telemetry"
)

// errVariables: each has been told of.
var errVariables = errors.New("the environment's variables can't be used")

// openTelemetry finds the collector. Without one the run goes on unobserved,
// unless telemetry is required.
func (s *session) openTelemetry(ctx context.Context) error {
	mode := s.config.Telemetry
	disabled := telemetry.Disabled(os.Getenv)
	switch {
	case disabled != "" && s.config.TelemetryRequired:
		return usage(fmt.Errorf("%s: %s turns telemetry off", setting.SourceOf(&s.config, "telemetry_required"), disabled))
	case disabled != "" || mode == bench.TelemetryOff:
		return nil
	}
	s.warnVariables()
	if faults := telemetry.CheckVariables(os.Getenv); len(faults) > 0 {
		s.unobserved = errVariables
		s.tellOf(faults)
		return nil
	}
	d, err := telemetry.Open(ctx, telemetry.Options{
		RunID: s.runID, Target: s.config.Target, FunctionName: s.config.FunctionName, Region: s.config.Region,
		Mode: mode, Detail: s.config.TraceDetail, Slow: time.Duration(s.config.SlowMs * float64(time.Millisecond)),
		Start: s.started, Getenv: os.Getenv, Required: s.config.TelemetryRequired,
	})
	switch {
	case err == nil:
		s.telemetry = d
		s.unobserved = d.Absent()
	case s.config.TelemetryRequired:
		return usage(quote.Hint(fmt.Errorf("%s: %w", setting.SourceOf(&s.config, "telemetry_required"), err), "docker compose up -d starts a collector"))
	case mode == bench.TelemetryAuto:
		s.unobserved = err // said when the run begins
	default:
		return usage(fmt.Errorf("%s %s: %w", setting.SourceOf(&s.config, "telemetry"), mode, err))
	}
	return nil
}

// warnVariables says which of the standard variables have no effect, and which are
// neither true nor false.
func (s *session) warnVariables() {
	s.tellOf(telemetry.TakenAsFalse(os.Getenv))
	if s.repeat != nil && s.repeat.Number > 1 {
		return
	}
	if idle := telemetry.IdleVariables(os.Environ()); len(idle) > 0 {
		s.say("warning: %s: no effect here", quote.Line(strings.Join(idle, ", ")))
	}
}

// tellOf says what is wrong with variables, before the run and, as with --quiet nobody
// hears it there, in its results.
func (s *session) tellOf(faults []error) {
	for _, fault := range faults {
		text := quote.Line(fault.Error())
		s.warn("%s", text)
		if s.repeat == nil || s.repeat.Number == 1 {
			s.say("warning: %s", text)
		}
	}
}

// otlpEndpoint is the collector's URL for a function that exports itself.
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

// closeTelemetry sends what is left, accounts for all of it and adds to the
// record what can be said only then.
func (s *session) closeTelemetry(ctx, drain context.Context, r *bench.Record) {
	d := s.telemetry
	s.telemetry = nil
	t := d.Close(ctx, r.Run.Status)
	r.Telemetry = &t
	if d == nil {
		return
	}
	if drain.Err() == nil && s.flags.Settle > 0 {
		s.display().Enter(screen.Comparing, "comparing the accounts of Prometheus, and opening traces in Jaeger")
		r.Accounts = accounts.Of(drain, s.flags.PrometheusURL, s.flags.Settle, r)
		if !r.Accounts.Agree {
			s.warn("the accounts part: %s", r.Accounts.Problem)
		}
		if d.On().Traces {
			r.TraceStore = accounts.TraceStore(drain, s.flags.JaegerURL, s.flags.Settle, d.Sample())
		}
		if r.TraceStore.Lacks() {
			s.warn("trace store: %s", r.TraceStore.Problem)
		}
	}
	s.link(r, d.TraceID())
	r.EndAgain() // telemetry may be required
	r.Run.Warnings = s.warnings
}

// link adds what opens the run in Grafana, and its slowest statements there or,
// without Grafana, in Jaeger's own pages.
func (s *session) link(r *bench.Record, runTrace string) {
	open := s.inJaeger
	if s.flags.GrafanaURL != "" {
		at := s.inGrafana(r)
		r.Run.Links = &bench.Links{
			Dashboard: at("dsqlload-run", ""), SlowStatements: at("dsqlload-slow", ""), TelemetryHealth: at("dsqlload-telemetry", ""),
			RunTrace: at("dsqlload-trace", runTrace),
		}
		open = func(of *bench.Statement) string { return at("dsqlload-trace", of.TraceID) }
	} else if s.flags.JaegerURL == "" {
		return
	}
	for _, summary := range r.Summaries() {
		for i := range summary.Slowest {
			if of := &summary.Slowest[i]; of.TraceID != "" {
				of.TraceURL = open(of)
			}
		}
	}
}

// inGrafana makes links to a dashboard, at a trace unless that is empty.
func (s *session) inGrafana(r *bench.Record) func(dashboard, trace string) string {
	base := linkBase(s.flags.GrafanaURL)
	from, to := r.Run.StartedAt.Add(-30*time.Second).UnixMilli(), r.Run.EndedAt.Add(30*time.Second).UnixMilli()
	return func(dashboard, trace string) string {
		q := url.Values{"var-run_id": {r.Run.ID}, "from": {fmt.Sprint(from)}, "to": {fmt.Sprint(to)}}
		if trace != "" {
			q.Set("var-trace_id", trace)
		}
		return base + "/d/" + dashboard + "?" + q.Encode()
	}
}

// inJaeger is the link to a statement's span.
func (s *session) inJaeger(of *bench.Statement) string {
	return linkBase(s.flags.JaegerURL) + "/trace/" + of.TraceID + "?" + url.Values{"uiFind": {of.SpanID}}.Encode()
}

// linkBase is what links to a backend begin with: its URL without user and
// password, for others read the results.
func linkBase(address string) string {
	if u, err := url.Parse(address); err == nil {
		u.User = nil
		address = u.String()
	}
	return strings.TrimSuffix(address, "/")
}
