package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry"
)

const (
	// answerMargin is how much longer than the function may run the driver waits
	// for its answer.
	answerMargin = 30 * time.Second
	// CheckTimeout bounds the look at the database before a run.
	CheckTimeout = 10 * time.Second
	// Connections are those that the driver opens itself.
	Connections = 6
)

// session is one run with everything it needs open.
type session struct {
	values     *setting.Values
	config     bench.Config
	display    *progress.Display
	started    time.Time
	runID      string
	target     *local.Target  // nil on AWS
	db         *dsql.DB       // nil when nobody said where it is
	client     *invoke.Client // nil before open
	untune     func()         // the garbage collector; nil when it wasn't tuned
	versions   map[string]string
	host       bench.Host
	commit     string // of this tool
	warnings   []string
	warmUp     *bench.WarmUp
	tableNotes []string // what the table has that the suite's own hasn't
	settings   []bench.ServerSetting
	doomed     error             // why the run ended after the warm-up; nil when it went on
	telemetry  *telemetry.Driver // nil when the run isn't observed
	unobserved error             // why it isn't, when nobody asked for that
	record     *bench.Record
	results    results         // where the record is kept
	repeat     *bench.Repeat   // nil of a run by itself
	function   *bench.Function // nil when nobody looked
	database   *bench.Database // nil when the driver has none
	broken     brokenThresholds
	kind       functionKind // what is known of the function's kind
}

func newSession(o Options) *session {
	return &session{
		values: o.Values, config: o.Values.Config, display: o.Display, started: o.Started, runID: o.ID, repeat: o.Repeat,
		versions: map[string]string{}, warnings: []string{}, host: machine.Host(), commit: commit(),
		record: &bench.Record{SchemaVersion: bench.SchemaVersion, Thresholds: []bench.Threshold{}},
	}
}

// say tells the user; what args hold can't break the line.
func (s *session) say(format string, args ...any) {
	if !s.values.Quiet {
		fmt.Fprintf(s.display, format+"\n", quote.Args(args...)...)
	}
}

func (s *session) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, quote.Args(args...)...))
}

// warnOnce is warn of what may be said again and again.
func (s *session) warnOnce(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warn("%s", text)
	}
}

// plans are all that the session will run, in order.
func (s *session) plans() []bench.Plan {
	plans := s.config.Plans(s.runID)
	if p, ok := s.config.WarmUpPlan(s.runID); ok {
		plans = slices.Insert(plans, 0, p)
	}
	return plans
}

// show tells the display where its figures come from, once all is open.
func (s *session) show() {
	d := s.display
	d.Observe(s.telemetry, s.unobserved)
	d.Watch(func() progress.Fleet {
		f := s.client.Snapshot()
		return progress.Fleet{InFlight: int(f.InFlight), Limit: int(f.Limit), Throttled: f.Throttled}
	})
}

// interruptsOf counts by the contexts that interrupts end.
func interruptsOf(ctx, drain context.Context) func() int {
	return func() int {
		switch {
		case ctx.Err() != nil:
			return 2
		case drain.Err() != nil:
			return 1
		}
		return 0
	}
}
