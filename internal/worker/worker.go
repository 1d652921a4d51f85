// Package worker runs one invocation of the load test's Lambda function: request in, a loop of
// statements, response out. A failed statement is data, not an error: the loop goes on.
//
// Read worker.go, which has the loop. request.go parses the event, stream.go sends partial answers, lookup.go decides how a
// statement ended, tally.go adds the statements up, log.go logs failed attempts. environment.go
// sets the execution environment up and serves the Lambda Runtime API.
package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/capture"
)

// Worker is the part of an execution environment that lasts from invocation to invocation. It
// may serve several at the same time.
type Worker struct {
	db          *dsql.DB
	environment string
	observer    *capture.Lambda // nil observes nothing
	log         *slog.Logger
	served      atomic.Bool
	encoder     latency.Encoder
}

// New returns a Worker that writes to db; environment is the id of the execution environment.
// observer, which may be nil, observes the invocations. log gets a line for each failed attempt,
// at debug level.
func New(db *dsql.DB, environment string, observer *capture.Lambda, log *slog.Logger) *Worker {
	return &Worker{db: db, environment: environment, observer: observer, log: log}
}

// Respond is the Lambda handler. It returns the answer to an event: a Reply, or, if the event asks
// for a stream, lines of which the last is the Reply. The answer to an invalid request has status
// 500; Respond sends nothing to the database then. ctx must last until the answer has been read.
func (w *Worker) Respond(ctx context.Context, payload json.RawMessage) (io.Reader, error) {
	cold := !w.served.Swap(true)
	inv, err := ParseRequest(payload)
	if err != nil {
		return whole(Refusal(inv, err))
	}
	ctx = dsql.ForRun(ctx, inv.RunID) // before an id is made up: each would need a connection of its own
	if inv.RunID == "" {
		inv.RunID = ulid.Make().String()
	}
	if !inv.Stream {
		return whole(w.answer(ctx, inv, cold, nil))
	}
	s := newStream()
	go s.end(func() ([]byte, error) { return w.answer(ctx, inv, cold, s) })
	return s, nil
}

func whole(reply []byte, err error) (io.Reader, error) {
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(reply), nil
}

// answer runs an invocation and returns its Reply. to, which may be nil, gets its partial answers.
func (w *Worker) answer(ctx context.Context, inv bench.Invocation, cold bool, to *stream) ([]byte, error) {
	response, err := w.run(ctx, inv, cold, to)
	if err != nil {
		return nil, err
	}
	return fitting(response)
}

// maxResponse is Lambda's limit of a response in bytes.
const maxResponse = 6_291_556

// fitting returns the Reply with response. If that is too large, it drops telemetry until the
// Reply fits.
func fitting(response *bench.Response) ([]byte, error) {
	for {
		payload, err := reply(http.StatusOK, bench.ReplyBody{Success: true, Result: response})
		if err != nil || len(payload) <= maxResponse || !capture.Shrink(response) {
			return payload, err
		}
	}
}

// Refusal returns the Reply to an invocation that did nothing because of err. The original
// suite's driver reads only the result, so there all requested rows count as errors, if their
// number is known.
func Refusal(asked bench.Invocation, err error) ([]byte, error) {
	const most = 1 << 40 // far more than is ever valid
	rows := int64(0)
	if n, each := int64(max(asked.Iterations, 0)), int64(max(asked.Count, 0)); each > 0 && n <= most/each {
		rows = n * each
	}
	// Joined errors are separate lines; one line is easier to log.
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

// run sends the invocation's statements, one after the other, until all are done or the time is
// up. to, which may be nil, gets its partial answers.
func (w *Worker) run(ctx context.Context, inv bench.Invocation, cold bool, to *stream) (*bench.Response, error) {
	ctx, cancel := withSoftDeadline(ctx)
	defer cancel()
	insert, err := w.db.NewInsert(inv.Statement, inv.RowsPerStatement())
	if err != nil {
		return nil, err
	}
	defer insert.Close()
	generator, err := event.New(inv.RunID, inv.Seed, inv.EventType)
	if err != nil {
		return nil, err
	}
	batch := &rows{inv: inv, generator: generator, events: make([]event.Event, inv.RowsPerStatement())}
	observed := w.observer.Begin(ctx, inv, cold, dsql.Summary(inv.Statement, inv.RowsPerStatement()))
	t := newTally(inv, w.environment, cold, observed != nil)
	debug := w.log.Enabled(ctx, slog.LevelDebug)
	stored := func() (dsql.Stored, error) { return w.stored(ctx, batch.events) }
	var e bench.Execution // of one statement after the other
	start := time.Now()
	t.out.StartedUs = start.UnixMicro()
	for n := range inv.Statements() {
		if ctx.Err() != nil || !w.reachable(ctx, t) {
			break
		}
		e = bench.Execution{Number: n, Attempts: insert.Run(ctx, batch.of(n, time.Now()), inv.MaxRetries())}
		e.Failure = judge(e.Attempts, int64(inv.RowsPerStatement()), stored)
		if to.ready() && t.endsSecond(e.End()) {
			if err := w.tell(to, t, observed, &e, start); err != nil {
				return nil, err
			}
		}
		t.add(&e, observed.Statement(&e, t.slow(&e)))
		if debug {
			w.logFailed(ctx, inv, &e)
		}
	}
	response, err := t.response(time.Since(start), &w.encoder)
	if err != nil {
		return nil, err
	}
	if inv.WarmUp {
		stay(ctx, bench.WarmUpHold)
	}
	response.Telemetry = observed.End(response.Truncated)
	return response, nil
}

// tell sends a partial answer before next, the first statement of a new second, is added.
func (w *Worker) tell(to *stream, t *tally, observed *capture.Invocation, next *bench.Execution, start time.Time) error {
	p, err := t.partial(next.Start().Sub(start), &w.encoder)
	if err != nil {
		return err
	}
	p.SoFar.Telemetry = observed.SoFar(next.Start())
	return to.tell(p)
}

// stay waits for d, or until ctx ends.
func stay(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// reachable waits for the database if the statement before didn't reach it. It returns false if
// there is no time left for another statement, or if the database will never accept this
// client. The statements that are left count as not started.
func (w *Worker) reachable(ctx context.Context, t *tally) bool {
	switch {
	case failure.Denied(t.last):
		return false
	case !failure.Unreachable(t.last) && !t.last.Unconnected:
		return true
	}
	return w.db.Await(ctx, t.last, func(f bench.Failure) { t.out.ConnectRetries[f.Kind]++ })
}

// withSoftDeadline ends ctx before Lambda's deadline, so that the invocation has time to answer
// with its results: a tenth of the time left before, at most 2 s.
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

// of returns the rows of the n-th statement, made at that moment. Further attempts of the
// statement send the same rows.
func (r *rows) of(n int, made time.Time) []event.Event {
	for i := range r.events {
		r.events[i] = r.generator.Event(r.events[i].ID[:0], event.At(r.inv, n, i), made)
	}
	return r.events
}
