package lambda

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"dsql-load-test/internal/local/child"
)

// Role is the child role of an execution environment.
const Role = "environment"

// initTimeout bounds the start of an environment. It is long, because hundreds may
// start at once on few cores.
const initTimeout = 5 * time.Minute

// endTimeout bounds the end of an environment.
const endTimeout = 30 * time.Second

// environment is one execution environment: a process that asks the Runtime API
// for invocations.
type environment struct {
	id      string
	process *child.Process
	log     tail
	started time.Time

	// Guarded by Service.mu.
	calls    map[string]*call
	inFlight int
	expected int // slots that will ask soon, for their first invocation or the next one
	retired  bool
	init     time.Duration // from the start to the first request for an invocation; 0 before
	reported bool          // a REPORT line had the init duration
}

// launchEnvironment starts an environment. It needs s.mu.
func (s *Service) launchEnvironment() (*environment, error) {
	id := fmt.Sprintf("env-%04d", len(s.envs)+1)
	o := s.options
	p, err := child.Command(Role, append(o.Environment,
		"AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(s.endpoint, "http://")+"/env/"+id,
		"AWS_LAMBDA_FUNCTION_NAME="+o.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(o.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+o.FunctionName,
		"AWS_LAMBDA_LOG_STREAM_NAME="+id,
		"AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(o.EnvConcurrency),
		"AWS_REGION="+o.Region)...)
	if err != nil {
		return nil, err
	}
	e := &environment{id: id, process: p, started: time.Now(), calls: map[string]*call{}, expected: o.EnvConcurrency}
	p.Stdout = &e.log
	if o.Log != nil {
		p.Stdout = io.MultiWriter(&e.log, untilClosed{s})
	}
	p.Stderr = p.Stdout
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("start environment: %w", err)
	}
	s.envs[id] = e
	hung := time.AfterFunc(initTimeout, func() { s.endUnlessAsked(e) })
	s.launch.Go(func() {
		status := p.Wait()
		hung.Stop()
		s.exited(e, status)
	})
	return e, nil
}

// endUnlessAsked kills an environment that hasn't asked for an invocation within initTimeout.
func (s *Service) endUnlessAsked(e *environment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.init == 0 {
		_ = e.process.Process.Kill() // it may have ended just now
	}
}

// untilClosed writes to the service's Log until the service is closed. After that the
// environments only complain that the service is gone.
type untilClosed struct{ *Service }

// Write implements io.Writer.
func (s untilClosed) Write(text []byte) (int, error) {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return len(text), nil
	}
	return s.options.Log.Write(text)
}

// asked notes that the environment has asked for an invocation, which ends its init
// phase. It needs s.mu.
func (s *Service) asked(e *environment) {
	if e.init == 0 {
		e.init = time.Since(e.started)
		if s.cutShort {
			e.cutShort()
		}
	}
}

// CutShort makes all invocations return early with their results so far, later ones too.
// It is for a database that has ended.
func (s *Service) CutShort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutShort = true
	for _, e := range s.envs {
		if e.init > 0 { // else it can't take the signal yet
			e.cutShort()
		}
	}
}

func (e *environment) cutShort() { _ = e.process.Process.Signal(syscall.SIGTERM) } // it may have ended

// end closes the standard input of the process, which should end then. It is killed after
// endTimeout.
func (e *environment) end() {
	_ = e.process.Stdin.Close()
	time.AfterFunc(endTimeout, func() { _ = e.process.Process.Kill() }) // usually it has ended
}

// exited fails the invocations of an environment whose process has ended. If the
// environment never asked for an invocation, exited also fails waiting ones, as many as
// it has slots: a new environment would probably end as well.
func (s *Service) exited(e *environment, status error) {
	why := "exit status 0"
	if status != nil {
		why = status.Error()
	}
	s.mu.Lock()
	e.retired = true
	s.dropIdle(e)
	var unserved []*call
	orphans := slices.Collect(maps.Values(e.calls))
	s.expected -= e.expected
	if n := min(e.expected, len(s.waiting)); e.init == 0 && n > 0 && !s.closed {
		unserved, s.waiting = s.waiting[:n:n], s.waiting[n:]
		s.running -= n
	}
	e.expected = 0
	s.replaceSlot()
	s.mu.Unlock()
	for _, c := range orphans {
		s.ended(c, functionError("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %s", c.id, why)))
	}
	for _, c := range unserved {
		c.env = e
		c.finish(functionError("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited before it asked for an invocation: %s", c.id, why)))
	}
}

// maxMemoryMB returns the largest memory that the process had; 0 if it is unknown.
func (e *environment) maxMemoryMB() int {
	p := process.Process{Pid: int32(e.process.Process.Pid)}
	m, err := p.MemoryInfo()
	if err != nil {
		return 0
	}
	return int(max(m.HWM, m.RSS) >> 20)
}

// tail keeps the last 4 KB of the bytes written to it, like Lambda's log tail.
type tail struct {
	mu   sync.Mutex
	text []byte
	all  int64 // bytes written in all
}

const tailBytes = 4096

// Write implements io.Writer. It never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text, t.all = append(t.text, p...), t.all+int64(len(p))
	if excess := len(t.text) - tailBytes; excess > 0 {
		t.text = append(t.text[:0], t.text[excess:]...)
	}
	return len(p), nil
}

// written returns how many bytes were written so far.
func (t *tail) written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// since returns the bytes written since written returned that number, if they are still kept.
func (t *tail) since(end int64) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, int64(len(t.text))-(t.all-end)):])
}

// EndWithParent ends this process, an environment, when the service's process ends or
// closes this one's standard input.
func EndWithParent() {
	signal.Ignore(syscall.SIGHUP) // the service's process decides when to end
	go func() {
		child.ParentGone()
		os.Exit(0)
	}()
}
