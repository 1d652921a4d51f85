package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// call is one invocation on its way through the service.
type call struct {
	id      string
	arn     string // of the function name in the Invoke request
	payload []byte
	done    chan outcome // capacity 1
	stream  *stream      // of its response; nil if that isn't streamed

	env      *environment // set by begin
	logFrom  int64        // end of the environment's log then; 0 for its first call, which gets the log of the start too
	began    time.Time
	deadline time.Time
	timer    *time.Timer
	onLate   func(*call)
}

// outcome is the result of an invocation.
type outcome struct {
	payload       []byte
	functionError string // "Unhandled"
	timedOut      bool
}

func (c *call) begin(e *environment, timeout time.Duration) {
	c.env, c.began = e, time.Now()
	if e.reported {
		c.logFrom = e.log.written()
	}
	c.deadline = c.began.Add(timeout)
	c.timer = time.AfterFunc(timeout, func() { c.onLate(c) })
}

func (c *call) finish(o outcome) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.done <- o
}

// timeOut returns the outcome of a function that ran too long, with Lambda's message.
func timeOut(c *call, timeout time.Duration) outcome {
	text := fmt.Sprintf("%s %s Task timed out after %.2f seconds", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), c.id, timeout.Seconds())
	o := functionError("", text)
	o.timedOut = true
	return o
}

// functionError returns the outcome of an invocation that failed. kind may be empty.
func functionError(kind, message string) outcome {
	payload, _ := json.Marshal(struct { // strings always encode
		Message string `json:"errorMessage"`
		Kind    string `json:"errorType,omitempty"`
	}{message, kind})
	return outcome{payload: payload, functionError: "Unhandled"}
}

// logTail returns the log for LogType Tail, at most 4 KB: the environment's output since
// the invocation began, and the REPORT line. If the environment serves several
// invocations at once, the output of all of them is in it.
func (s *Service) logTail(c *call) string {
	ms := time.Since(c.began).Seconds() * 1000
	initText, initMS := "", 0.0
	s.mu.Lock()
	if !c.env.reported && c.env.init > 0 {
		c.env.reported = true
		initMS = c.env.init.Seconds() * 1000
		initText = fmt.Sprintf("\tInit Duration: %.2f ms", initMS)
	}
	s.mu.Unlock()
	text := fmt.Sprintf("START RequestId: %s Version: $LATEST\n%sEND RequestId: %s\n"+
		"REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB%s\t\n",
		c.id, c.env.log.since(c.logFrom), c.id, c.id, ms, math.Ceil(ms+initMS), s.options.MemoryMB, c.env.maxMemoryMB(), initText)
	return text[max(0, len(text)-tailBytes):]
}
