// Package lambda is AWS Lambda on loopback. Clients use its Invoke API. Execution
// environments, which are processes that run the real handler, use its Runtime API.
//
// service.go gives invocations to environments, environment.go starts and ends these, api.go
// has the HTTP handlers of both APIs, stream.go streams responses, call.go is one invocation, and name.go reads the
// names and ARNs of functions.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/quote"
)

// Limits of Lambda, in bytes.
const (
	MaxRequest  = 6 * 1024 * 1024
	MaxResponse = 6_291_556
	// MaxStreamed is the limit of a streamed response.
	MaxStreamed = 200 << 20
)

// Options configure the service.
type Options struct {
	// FunctionName is the name or ARN. It may have a version or alias, which is then
	// served beside $LATEST.
	FunctionName string
	// OtherNames are further names or ARNs by which the function is served.
	OtherNames []string
	Region     string
	// Timeout is the function's.
	Timeout time.Duration
	// EnvConcurrency is how many invocations one environment serves at once.
	EnvConcurrency int
	// ConcurrencyLimit is how many invocations may run at once. More get status 429.
	ConcurrencyLimit int
	MemoryMB         int
	// Environment are the function's variables, NAME=value.
	Environment []string
	// Faults are injected: a throttled call gets status 429, and a crashed one ends as if
	// its environment had died after the work. Other faults are ignored. The same Seed
	// gives the same order.
	Faults fault.List
	Seed   int64
	// Log, which may be nil, gets a copy of the environments' output. Many goroutines
	// write to it.
	Log io.Writer
	// Say, which may be nil, gets the errors of the service itself.
	Say func(text string)
	// Address is where to listen; empty is a free port on 127.0.0.1.
	Address string
}

// Service is a running Lambda service with one function.
type Service struct {
	options   Options
	functions functions
	endpoint  string
	server    *http.Server
	launch    sync.WaitGroup // the server and the environments' processes
	faults    *fault.Injector

	mu       sync.Mutex // guards what follows
	closed   bool
	cutShort bool                    // invocations return at once
	running  int                     // invocations admitted and not ended
	waiting  []*call                 // admitted, without a slot yet; oldest first
	idle     []*slot                 // waiting for an invocation; the last came last
	expected int                     // slots that will ask soon: of starting environments, or done with an invocation
	envs     map[string]*environment // all that were ever started, by id
}

// Start listens, and serves until Close.
func Start(o Options) (*Service, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("local Lambda service: %w", err)
	}
	known := functionsOf(o)
	o.FunctionName = known[0].name
	s := &Service{options: o, functions: known, endpoint: "http://" + listener.Addr().String(), faults: fault.New(o.Faults, o.Seed), envs: map[string]*environment{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", s.invoke)
	mux.HandleFunc("POST /2021-11-15/functions/{name}/response-streaming-invocations", s.invokeStreamed)
	mux.HandleFunc("GET /env/{env}/2018-06-01/runtime/invocation/next", s.next)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/invocation/{id}/response", s.responded)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/invocation/{id}/error", s.failed)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/init/error", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted) // the environment ends by itself then
	})
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	if o.Say != nil {
		s.server.ErrorLog = log.New(quote.LogWriter(func(text string) { o.Say("warning: local Lambda service: " + quote.Line(text)) }), "", 0)
	}
	s.launch.Go(func() { _ = s.server.Serve(listener) }) // until Close
	return s, nil
}

// Endpoint returns the URL for an AWS SDK's endpoint setting.
func (s *Service) Endpoint() string { return s.endpoint }

// Injected returns how often each fault has happened, by its name.
func (s *Service) Injected() map[string]int64 { return s.faults.Counts() }

// Close ends the environments and stops answering.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.failWaiting("the Lambda service was stopped")
	s.mu.Unlock()
	for _, e := range s.envs { // none is added any more
		e.end()
	}
	err := s.server.Close()
	s.launch.Wait()
	return err
}

// slot is one of an environment's loops, asking for its next invocation.
type slot struct {
	env  *environment
	give chan *call // capacity 1: the giver never waits
}

// admit takes an invocation in. It returns false if too many are running.
func (s *Service) admit(c *call) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, errors.New("the service is closing")
	}
	if s.running >= s.options.ConcurrencyLimit {
		return false, nil
	}
	s.running++
	if n := len(s.idle); n > 0 {
		slot := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.hand(slot, c)
		return true, nil
	}
	s.waiting = append(s.waiting, c)
	if err := s.ensureSlots(); err != nil {
		// The refused call must neither run later nor keep its place.
		s.waiting = s.waiting[:len(s.waiting)-1]
		s.running--
		return false, err
	}
	return true, nil
}

// ensureSlots starts environments until every waiting invocation will have a
// slot. It needs s.mu.
func (s *Service) ensureSlots() error {
	for s.expected < len(s.waiting) {
		e, err := s.launchEnvironment()
		if err != nil {
			return err
		}
		s.expected += e.expected
	}
	return nil
}

// hand gives c to a slot that is no longer idle. It needs s.mu.
func (s *Service) hand(to *slot, c *call) {
	e := to.env
	c.begin(e, s.options.Timeout)
	e.calls[c.id] = c
	e.inFlight++
	to.give <- c
}

// ask waits for the environment's next invocation. It returns nil if ctx ends or the
// environment is retired.
func (s *Service) ask(ctx context.Context, e *environment) *call {
	to := &slot{env: e, give: make(chan *call, 1)}
	if !s.offer(to) {
		<-ctx.Done()
		return nil
	}
	select {
	case c := <-to.give:
		return c
	case <-ctx.Done():
		s.withdraw(to)
		return nil
	}
}

// offer makes the slot available. It returns false if its environment is retired.
func (s *Service) offer(to *slot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := to.env
	if e.expected > 0 {
		e.expected--
		s.expected--
	}
	s.asked(e)
	if e.retired || s.closed {
		s.replaceSlot()
		return false
	}
	if len(s.waiting) > 0 {
		c := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.hand(to, c)
		return true
	}
	s.idle = append(s.idle, to)
	return true
}

// replaceSlot starts an environment if an expected slot is gone and invocations wait for
// it. If that fails, it fails these. It needs s.mu.
func (s *Service) replaceSlot() {
	if s.closed {
		return // Close has failed all that waited
	}
	if err := s.ensureSlots(); err != nil {
		s.failWaiting(err.Error())
	}
}

// failWaiting ends the invocations that have no slot. It needs s.mu.
func (s *Service) failWaiting(why string) {
	for _, c := range s.waiting {
		s.running--
		c.finish(functionError("Runtime.ExitError", why))
	}
	s.waiting = nil
}

func (s *Service) withdraw(gone *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = slices.DeleteFunc(s.idle, func(to *slot) bool { return to == gone })
}

// ended ends a call that an environment has. Only the first outcome of a call counts.
func (s *Service) ended(c *call, o outcome) {
	s.mu.Lock()
	e := c.env
	if e.calls[c.id] != c {
		s.mu.Unlock()
		return
	}
	delete(e.calls, c.id)
	s.running--
	e.inFlight--
	if o.timedOut {
		e.retired = true // as AWS does, because it may be in any state
		s.dropIdle(e)
	} else if !e.retired {
		e.expected++
		s.expected++
	}
	last := e.retired && e.inFlight == 0
	s.mu.Unlock()
	c.finish(o)
	if last {
		e.end()
	}
}

// dropIdle forgets the idle slots of an environment. It needs s.mu.
func (s *Service) dropIdle(e *environment) {
	s.idle = slices.DeleteFunc(s.idle, func(to *slot) bool { return to.env == e })
}

// environmentOf returns the environment that a Runtime API request comes from, or nil.
func (s *Service) environmentOf(r *http.Request) *environment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.envs[r.PathValue("env")]
}
