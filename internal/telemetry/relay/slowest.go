package relay

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// slowest holds the slowest statements of a scenario so far. Each of them becomes one point of
// dsqlload.slow_statement, and its trace is completed. It is not safe for concurrent use.
type slowest struct {
	start   time.Time
	kept    []bench.Statement // unsorted; more than bench.SlowestKept between two prunings
	spans   map[string]int64  // by trace id: the number of spans when it arrived
	pointed map[place]bool    // the statements that have their point
	have    map[place]bool    // the statements in kept
	bar     int64             // microseconds; faster statements aren't among the slowest
}

// place identifies a statement within its scenario.
type place struct{ invocation, iteration, row int }

func placeOf(s *bench.Statement) place { return place{s.Invocation, s.Iteration, s.Row} }

func newSlowest(start time.Time) *slowest {
	return &slowest{start: start, spans: map[string]int64{}, pointed: map[place]bool{}, have: map[place]bool{}}
}

// add adds the slowest statements of one invocation, those of a partial answer several times. spans returns the number of spans in a trace.
func (s *slowest) add(of []bench.Statement, spans func(trace string) int64) {
	for i := range of {
		if of[i].LatencyUs < s.bar {
			continue
		}
		s.spans[of[i].TraceID] = spans(of[i].TraceID)
		if at := placeOf(&of[i]); !s.have[at] {
			s.have[at] = true
			s.kept = append(s.kept, of[i])
		}
	}
	if len(s.kept) >= 4*bench.SlowestKept {
		s.prune()
	}
}

// prune keeps the bench.SlowestKept slowest statements and sorts them, the slowest first.
func (s *slowest) prune() {
	s.kept = bench.Slowest(s.kept)
	if n := len(s.kept); n == bench.SlowestKept {
		s.bar = s.kept[n-1].LatencyUs
	}
	spans := make(map[string]int64, len(s.kept))
	clear(s.have)
	for i := range s.kept {
		k := &s.kept[i]
		spans[k.TraceID], s.have[placeOf(k)] = s.spans[k.TraceID], true
	}
	s.spans = spans
}

// take returns the statements that get their point now: all of the slowest without one if the
// scenario has ended, else as many as the budget allows.
func (s *slowest) take(now time.Time, ended bool) []bench.Statement {
	s.prune()
	var all []bench.Statement
	for i := range s.kept {
		if !ended && len(s.pointed) >= budget(now.Sub(s.start)) {
			break
		}
		if at := placeOf(&s.kept[i]); !s.pointed[at] {
			s.pointed[at] = true
			all = append(all, s.kept[i])
		}
	}
	return all
}

// budget returns how many statements of a scenario may have a point after it has run for d. If
// latency grows throughout a run, each second has new slowest statements, and each point is a
// series of its own. The budget grows by bench.SlowestKept with each doubling of d, so there are
// a few hundred series at most, and new slow statements still get their point.
func budget(d time.Duration) int {
	const unit = 10 * time.Second
	return 2*bench.SlowestKept + int(bench.SlowestKept*math.Log2(1+max(0, d.Seconds()/unit.Seconds())))
}

// slowPoints returns the points of statements. now limits their times.
func slowPoints(scenario string, of []bench.Statement, now time.Time) metricdata.ScopeMetrics {
	var gauge metricdata.Gauge[float64]
	for i := range of {
		p := slowPoint(scenario, &of[i])
		p.Time = storable(p.Time, now)
		gauge.DataPoints = append(gauge.DataPoints, p)
	}
	m := telemetry.Metrics()[telemetry.SlowStatement]
	return metricdata.ScopeMetrics{
		Scope:   instrumentation.Scope{Name: telemetry.ScopeName, Version: telemetry.Version()},
		Metrics: []metricdata.Metrics{{Name: m.Name, Unit: m.Unit, Description: m.Description, Data: gauge}},
	}
}

// storable returns at, or the nearest time that Prometheus accepts, because a function's clock
// may be wrong. Prometheus refuses a whole message if one point is in the future, or older than
// its out_of_order_time_window (30 minutes, prometheus/prometheus.yml).
func storable(at, now time.Time) time.Time {
	const oldest = 25 * time.Minute
	if at.Before(now.Add(-oldest)) {
		return now.Add(-oldest)
	}
	if at.After(now) {
		return now
	}
	return at
}

func slowPoint(scenario string, s *bench.Statement) metricdata.DataPoint[float64] {
	attributes := []attribute.KeyValue{
		telemetry.KeyScenario.String(scenario), telemetry.KeyIndex.Int(s.Invocation), telemetry.KeyIteration.Int(s.Iteration), telemetry.KeyRow.Int(s.Row),
		telemetry.KeyAttempts.Int(s.Attempts), telemetry.KeyOutcome.String(string(s.Outcome)), telemetry.KeyColdStart.Bool(s.ColdStart), telemetry.KeyFaasInstance.String(s.Environment),
		telemetry.KeyTraceID.String(s.TraceID), telemetry.KeySpanID.String(s.SpanID),
	}
	if phase, _ := s.DominantPhase(); phase != "" {
		attributes = append(attributes, telemetry.KeyPhase.String(phase))
	}
	attributes = telemetry.AppendError(attributes, s.Error, s.SQLSTATE)
	took := time.Duration(s.LatencyUs) * time.Microsecond
	return metricdata.DataPoint[float64]{
		Attributes: attribute.NewSet(attributes...), Time: time.UnixMicro(s.StartedUs).Add(took), Value: took.Seconds(),
	}
}
