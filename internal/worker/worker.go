// Package worker is one invocation of the load test's Lambda function: request
// in, a loop of statements, response out. A failed statement is data; the loop
// goes on.
package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/telemetry/capture"
)

// Worker is the part of an execution environment that lasts across invocations. It may
// serve several at once.
type Worker struct {
	db          *dsql.DB
	environment string
	observer    *capture.Lambda // nil observes nothing
	log         *slog.Logger
	served      atomic.Bool
}

// New returns a Worker that writes to db; environment is the id of the
// execution environment. observer, which may be nil, observes its invocations. log
// gets a line for each failed attempt, at debug level.
func New(db *dsql.DB, environment string, observer *capture.Lambda, log *slog.Logger) *Worker {
	return &Worker{db: db, environment: environment, observer: observer, log: log}
}

// Invoke is the Lambda handler: an event in, a Reply out. A request that can't
// be carried out is answered with status 500; nothing was sent to the database
// then.
func (w *Worker) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	cold := !w.served.Swap(true)
	inv, err := ParseRequest(payload)
	if err != nil {
		return Refusal(inv, err)
	}
	if inv.RunID == "" {
		inv.RunID = ulid.Make().String()
	}
	response, err := w.run(ctx, inv, cold)
	if err != nil {
		return nil, err
	}
	response.ColdStart = cold
	for i := range response.Slowest {
		response.Slowest[i].ColdStart = cold
	}
	return fitting(response)
}

// maxResponse is Lambda's limit of a response's size in bytes.
const maxResponse = 6_291_556

// fitting is the Reply with response, without as much of its telemetry as would
// make it too large.
func fitting(response *bench.Response) ([]byte, error) {
	for {
		payload, err := reply(http.StatusOK, bench.ReplyBody{Success: true, Result: response})
		if err != nil || len(payload) <= maxResponse || !capture.Shrink(response) {
			return payload, err
		}
	}
}

// Refusal is the Reply to an invocation that did nothing, because of err. The original
// suite's driver reads the result alone, so all rows that were asked for count as errors
// there, as far as their number is known.
func Refusal(asked bench.Invocation, err error) ([]byte, error) {
	const most = 1 << 40 // far beyond what is carried out
	rows := int64(0)
	if n, each := int64(max(asked.Iterations, 0)), int64(max(asked.Count, 0)); each > 0 && n <= most/each {
		rows = n * each
	}
	// Joined errors stand on lines of their own; one line is easier to log.
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return reply(http.StatusInternalServerError, bench.ReplyBody{Error: text, Refused: true, Result: &bench.Response{
		ErrorCount: rows, TotalInserts: rows, Scenario: asked.Scenario, Iterations: asked.Iterations, Count: asked.Count, EventType: asked.EventType, Index: asked.Index,
	}})
}

func reply(status int, body bench.ReplyBody) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode response: %w", err)
	}
	return json.Marshal(bench.Reply{StatusCode: status, Body: string(text)})
}

// run sends the invocation's statements, one after the other, until all are
// done or the time is up.
func (w *Worker) run(ctx context.Context, inv bench.Invocation, cold bool) (*bench.Response, error) {
	ctx, cancel := withSoftDeadline(ctx)
	defer cancel()
	insert, err := w.db.NewInsert(inv.RowsPerStatement())
	if err != nil {
		return nil, err
	}
	batch, err := newRows(inv)
	if err != nil {
		return nil, err
	}
	observed := w.observer.Begin(ctx, inv, cold, dsql.Summary(inv.RowsPerStatement()))
	t := newTally(inv, w.environment, observed != nil)
	debug := w.log.Enabled(ctx, slog.LevelDebug)
	stored := func() (dsql.Stored, error) { return w.stored(ctx, batch.events) }
	var e bench.Execution // of one statement after the other
	start := time.Now()
	for n := range inv.Statements() {
		if ctx.Err() != nil || !w.reachable(ctx, t) {
			break
		}
		e = bench.Execution{Number: n, Attempts: insert.Run(ctx, batch.of(n, time.Now()), inv.MaxRetries())}
		e.Failure = judge(e.Attempts, int64(inv.RowsPerStatement()), stored)
		t.add(&e, observed.Statement(&e, t.slow(&e)))
		if debug {
			w.logFailed(ctx, inv, &e)
		}
	}
	response, err := t.response(time.Since(start))
	if err != nil {
		return nil, err
	}
	response.StartedUs = start.UnixMicro()
	response.Telemetry = observed.End(response.Truncated)
	return response, nil
}

// reachable waits where the statement before could not reach the database. It
// returns false when there is no time left for another one, or the database lets
// nobody in: what isn't sent is not started.
func (w *Worker) reachable(ctx context.Context, t *tally) bool {
	switch {
	case failure.Denied(t.last):
		return false
	case !failure.Unreachable(t.last) && !t.last.Unconnected:
		return true
	}
	return w.db.Await(ctx, t.last, func(f bench.Failure) { t.out.ConnectRetries[f.Kind]++ })
}

// withSoftDeadline ends ctx early enough before Lambda's deadline for the
// invocation to answer with what it did: a tenth of the time left, at most 2 s.
func withSoftDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	margin := min(time.Until(deadline)/10, 2*time.Second)
	return context.WithDeadline(ctx, deadline.Add(-margin))
}

// rows makes the events of one statement at a time, in buffers that the next
// statement reuses.
type rows struct {
	inv       bench.Invocation
	generator *event.Generator
	events    []event.Event
}

func newRows(inv bench.Invocation) (*rows, error) {
	generator, err := event.New(inv.RunID, inv.Seed, inv.EventType)
	if err != nil {
		return nil, err
	}
	return &rows{inv: inv, generator: generator, events: make([]event.Event, inv.RowsPerStatement())}, nil
}

// of is the rows of the n-th statement, made at that moment. However often the
// statement is sent, these are its rows.
func (r *rows) of(n int, made time.Time) []event.Event {
	for i := range r.events {
		r.events[i] = r.generator.Event(r.events[i].Data[:0], event.At(r.inv, n, i), made)
	}
	return r.events
}
