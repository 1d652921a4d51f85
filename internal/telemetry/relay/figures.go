package relay

import (
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/telemetry"
)

// Figures are the figures of a scenario that the driver sends as gauges, so that a dashboard
// shows the same numbers as the results.
type Figures struct {
	Rows bench.Account // of the whole plan
	// The latencies of acknowledged statements, in ms; nil without one.
	bench.Percentiles
	Max *float64
	// Limits are the limits of this machine that were reached, by name; nil if that isn't known.
	Limits map[string]bool
	// Ended: the rows that weren't sent until now will never be sent.
	Ended bool
}

// figuresOf returns the figures of a scenario that has ended.
func figuresOf(s *bench.Summary) Figures {
	return Figures{Rows: s.Rows, Percentiles: s.StatementLatency.Percentiles, Max: s.StatementLatency.Max, Limits: judge.Limits(s.Client), Ended: true}
}

// expectedEnd returns when a scenario ends that goes on at its mean pace since start. ok is
// false before its first rows and after its last.
func (f *Figures) expectedEnd(start time.Time, took time.Duration) (end time.Time, ok bool) {
	done := f.Rows.Acknowledged + f.Rows.Failed + f.Rows.Unknown
	if done <= 0 || done >= f.Rows.Planned {
		return end, false
	}
	return start.Add(time.Duration(float64(took) * float64(f.Rows.Planned) / float64(done))), true
}

// Show makes the driver send the figures of the stage's scenario once a second. It calls
// figures until Settle.
func (s *Stage) Show(figures func() Figures) {
	if s != nil && s.scenario != nil {
		s.driver.points.mu.Lock()
		defer s.driver.points.mu.Unlock()
		s.scenario.figures = figures
	}
}

// Settle replaces the figures of Show with those of the results.
func (s *Stage) Settle(summary *bench.Summary) {
	f := figuresOf(summary) // now: the caller may add to the summary
	s.Show(func() Figures { return f })
}

// figures returns the figures of the scenarios that have some.
func (m *pointRelay) figures() map[*scenario]Figures {
	sources := map[*scenario]func() Figures{}
	m.mu.Lock()
	for _, t := range m.scenarios {
		if t.figures != nil {
			sources[t] = t.figures
		}
	}
	m.mu.Unlock()
	all := make(map[*scenario]Figures, len(sources))
	for t, figures := range sources {
		all[t] = figures()
	}
	return all
}

// figures reports the figures of a scenario.
func (report reportFunc) figures(f Figures, scenario attribute.KeyValue) {
	rows := map[bench.Outcome]int64{bench.Acknowledged: f.Rows.Acknowledged, bench.Failed: f.Rows.Failed, bench.Unknown: f.Rows.Unknown}
	if f.Ended {
		rows[bench.NotStarted] = f.Rows.NotStarted
	}
	for outcome, n := range rows {
		report(telemetry.ScenarioRows, float64(n), scenario, telemetry.KeyOutcome.String(string(outcome)))
	}
	latency := func(quantile float64, ms *float64) {
		if ms != nil {
			report(telemetry.ScenarioLatency, *ms/1000, scenario, telemetry.KeyQuantile.String(strconv.FormatFloat(quantile, 'g', 6, 64)))
		}
	}
	for _, q := range f.List() {
		latency(q.Percent/100, q.Value)
	}
	latency(1, f.Max)
	for limit, reached := range f.Limits {
		report(telemetry.MachineLimit, one(reached), scenario, telemetry.KeyLimit.String(limit))
	}
}

// one returns 1 for true and 0 for false.
func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
