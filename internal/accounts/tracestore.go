package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/relay"
)

const (
	// opening is how many traces are read at the same time.
	opening = 4
	// maxTrace is how many bytes of a trace are read. A span has about 1.5 KB.
	maxTrace = 128 << 20
	// traceTimeout limits the reading of one trace.
	traceTimeout = 30 * time.Second
	// quiet is how long the store may show nothing new before missing spans count as lost.
	quiet = 5 * time.Second
	// wrongKept is how many incomplete traces are listed.
	wrongKept = 10
)

// TraceStore reads the traces of the sample from Jaeger and counts their spans, the slowest
// statements' traces first. It reads incomplete traces again, for settle at most. It returns nil
// if the URL is empty.
func TraceStore(ctx context.Context, jaegerURL string, settle time.Duration, s relay.TraceSample) *bench.TraceStore {
	if jaegerURL == "" {
		return nil
	}
	c := &check{jaeger: newBackend(jaegerURL), deadline: time.Now().Add(settle), quiet: quiet, out: &bench.TraceStore{
		Sampled: int64(len(s.Chosen)), Slowest: int64(len(s.Slowest)), Excused: s.Excused, Wrong: []bench.TraceFault{},
	}}
	defer c.jaeger.close()
	c.open(ctx, distinct(append(s.Slowest, s.Chosen...)))
	c.out.Problem = c.problem(ctx)
	c.out.OK = c.out.Problem == ""
	return c.out
}

// distinct removes repeated traces.
func distinct(all []relay.Trace) []relay.Trace {
	seen := map[string]bool{}
	var each []relay.Trace
	for _, t := range all {
		if !seen[t.ID] {
			seen[t.ID] = true
			each = append(each, t)
		}
	}
	return each
}

// check is one check of the trace store.
type check struct {
	jaeger   backend
	deadline time.Time
	quiet    time.Duration
	out      *bench.TraceStore
	err      error // of the store itself; it ends the check
}

// open reads all traces, and the incomplete ones again, until all are complete, the store shows
// nothing new for quiet, or the deadline has passed.
func (c *check) open(ctx context.Context, all []relay.Trace) {
	found := make(map[string]int64, len(all)) // by trace id: spans found, for the traces that were read
	news := time.Now()
	for left := all; len(left) > 0; pause(ctx) {
		var again []relay.Trace
		for _, o := range c.openEach(ctx, left) {
			before, opened := found[o.ID]
			if o.inTime && (!opened || o.found != before) {
				found[o.ID], news = o.found, time.Now()
			}
			if !o.inTime || o.found != o.Spans {
				again = append(again, o.Trace)
			}
		}
		left = again
		if errors.Is(c.err, syscall.ECONNREFUSED) || ctx.Err() != nil || time.Since(news) > c.quiet || time.Now().After(c.deadline) {
			break
		}
	}
	c.note(all, found)
}

// traceRead is a trace and the number of its spans in the store.
type traceRead struct {
	relay.Trace
	inTime bool // false if it was not read in time
	found  int64
}

// openEach reads each trace once, until the deadline.
func (c *check) openEach(ctx context.Context, all []relay.Trace) []traceRead {
	results := make([]traceRead, len(all))
	next := make(chan int)
	var failed atomic.Pointer[error]
	var done sync.WaitGroup
	for range opening {
		done.Go(func() {
			for i := range next {
				n, err := c.jaeger.spans(ctx, all[i].ID)
				if err != nil {
					failed.Store(&err)
					continue
				}
				results[i].inTime, results[i].found = true, n
			}
		})
	}
	for i, t := range all {
		results[i].Trace = t
		// The first ones are always read, so that there is a result.
		if failed.Load() == nil && ctx.Err() == nil && (i < opening || time.Now().Before(c.deadline)) {
			next <- i
		}
	}
	close(next)
	done.Wait()
	c.err = nil
	if err := failed.Load(); err != nil {
		c.err = *err
	}
	return results
}

// note counts the complete, incomplete and unread traces.
func (c *check) note(all []relay.Trace, found map[string]int64) {
	for _, t := range all {
		n, opened := found[t.ID]
		switch {
		case !opened:
			c.out.Left++
			continue
		case n == t.Spans:
			c.out.Whole++
		case len(c.out.Wrong) < wrongKept:
			c.out.Wrong = append(c.out.Wrong, bench.TraceFault{TraceID: t.ID, Expected: t.Spans, Found: n})
		}
		c.out.Opened++
	}
}

// problem returns what is wrong, or why nothing was checked; empty if all is well.
func (c *check) problem(ctx context.Context) string {
	o := c.out
	switch {
	case ctx.Err() != nil:
		return "the run was interrupted before its traces were opened"
	case c.err != nil:
		return c.err.Error()
	case o.Opened > o.Whole:
		w := o.Wrong[0]
		return fmt.Sprintf("%d of %d traces lack spans or are gone, for example %s: it has %d of %d spans (Jaeger was restarted, or keeps fewer traces than the run has)",
			o.Opened-o.Whole, o.Opened, w.TraceID, w.Found, w.Expected)
	case o.Opened == 0 && o.Excused > 0:
		return "no trace was opened, because the ledger shows that all of them lost spans"
	case o.Left > 0:
		return fmt.Sprintf("%d of %d traces were not opened in time (--settle)", o.Left, o.Left+o.Opened)
	case o.Opened == 0:
		return "the run has no trace to open"
	}
	return ""
}

// spans returns how many different spans a trace has in the store. A span that was sent twice
// counts once. A trace that the store doesn't have has 0.
func (b backend) spans(ctx context.Context, id string) (int64, error) {
	var answer struct {
		Result struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct {
						SpanID string `json:"spanId"`
					} `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		} `json:"result"`
	}
	ctx, cancel := context.WithTimeout(ctx, traceTimeout)
	defer cancel()
	err := b.get(ctx, "/api/v3/traces/"+url.PathEscape(id), maxTrace, &answer)
	if status := new(statusError); errors.As(err, &status) && status.code == http.StatusNotFound {
		return 0, nil
	}
	spans := map[string]bool{}
	for _, resource := range answer.Result.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				spans[span.SpanID] = true
			}
		}
	}
	return int64(len(spans)), err
}
