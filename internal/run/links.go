package run

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
)

// link adds links to the run in Grafana, and to the traces of its slowest statements, in
// Grafana or, without it, in Jaeger.
func link(v *setting.Values, r *bench.Record, runTrace string) {
	open := func(of *bench.Statement) string { return inJaeger(v.JaegerURL, of) }
	if v.GrafanaURL != "" {
		at := inGrafana(v.GrafanaURL, &r.Run)
		r.Run.Links = &bench.Links{
			Dashboard: at("dsqlload-run", ""), SlowStatements: at("dsqlload-slow", ""), TelemetryHealth: at("dsqlload-telemetry", ""),
			RunTrace: at("dsqlload-trace", runTrace),
		}
		open = func(of *bench.Statement) string { return at("dsqlload-trace", of.TraceID) }
	} else if v.JaegerURL == "" {
		return
	}
	// Not every statement has a trace: they are sampled.
	for _, summary := range r.Summaries() {
		for i := range summary.Slowest {
			if of := &summary.Slowest[i]; of.TraceID != "" {
				of.TraceURL = open(of)
			}
		}
	}
}

// around is the time that a link shows before and after the run.
const around = 30 * time.Second

// inGrafana returns a function that makes links to a dashboard, from half a minute before the
// run to half a minute after it. An empty trace is left out.
func inGrafana(address string, r *bench.Run) func(dashboard, trace string) string {
	return func(dashboard, trace string) string {
		q := ofRun(r)
		q.Set("to", millis(r.EndedAt.Add(around)))
		if trace != "" {
			q.Set("var-trace_id", trace)
		}
		return linkBase(address) + "/d/" + dashboard + "?" + q.Encode()
	}
}

// liveLink returns the link to the dashboard of a run that goes on. Grafana reads the data again
// every five seconds.
func liveLink(address string, r *bench.Run) string {
	q := ofRun(r)
	q.Set("to", "now")
	q.Set("refresh", "5s")
	return linkBase(address) + "/d/dsqlload-run?" + q.Encode()
}

// ofRun returns the values of the dashboards' variables for a run, and the start of its time.
func ofRun(r *bench.Run) url.Values {
	q := url.Values{"var-run_id": {r.ID}, "from": {millis(r.StartedAt.Add(-around))}}
	if len(r.Config.Scenarios) == 1 {
		q.Set("var-scenario", string(r.Config.Scenarios[0]))
	}
	if ms := float64(r.Config.SlowMs); ms > 0 {
		q.Set("var-slow_ms", strconv.FormatFloat(ms, 'f', -1, 64))
	}
	return q
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// inJaeger returns the link to a statement's span.
func inJaeger(address string, of *bench.Statement) string {
	return linkBase(address) + "/trace/" + of.TraceID + "?" + url.Values{"uiFind": {of.SpanID}}.Encode()
}

// linkBase returns the URL of a backend without user and password, because others may read
// the results.
func linkBase(address string) string {
	if u, err := url.Parse(address); err == nil {
		u.User = nil
		address = u.String()
	}
	return strings.TrimSuffix(address, "/")
}
