package run

import (
	"fmt"
	"net/url"
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
		at := inGrafana(v.GrafanaURL, r)
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

// inGrafana returns a function that makes links to a dashboard, from half a minute before the
// run to half a minute after it. An empty trace is left out.
func inGrafana(address string, r *bench.Record) func(dashboard, trace string) string {
	base := linkBase(address)
	from, to := r.Run.StartedAt.Add(-30*time.Second).UnixMilli(), r.Run.EndedAt.Add(30*time.Second).UnixMilli()
	return func(dashboard, trace string) string {
		q := url.Values{"var-run_id": {r.Run.ID}, "from": {fmt.Sprint(from)}, "to": {fmt.Sprint(to)}}
		if trace != "" {
			q.Set("var-trace_id", trace)
		}
		return base + "/d/" + dashboard + "?" + q.Encode()
	}
}

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
