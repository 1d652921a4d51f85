package lambda

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"dsql-load-test/internal/local/fault"

	"github.com/google/uuid"
)

// invoke serves the Invoke API.
func (s *Service) invoke(w http.ResponseWriter, r *http.Request) {
	if c := s.called(w, r); c != nil {
		s.requestResponse(w, r, c)
	}
}

// called returns the call of a request. It returns nil if the request is answered already.
func (s *Service) called(w http.ResponseWriter, r *http.Request) *call {
	name, qualifier := r.PathValue("name"), r.URL.Query().Get("Qualifier")
	if own := (function{}).parse(name).qualifier; qualifier != "" && own != "" && qualifier != own {
		refuse(w, http.StatusBadRequest, "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.")
		return nil
	}
	invoked, served := s.functions.invoked(name, qualifier)
	if !served {
		refuseWith(w, http.StatusNotFound, "ResourceNotFoundException", map[string]string{"Type": "User", "Message": "Function not found: " + invoked.arn()})
		return nil
	}
	payload, ok := requestPayload(w, r)
	if !ok {
		return nil
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		return &call{id: uuid.NewString(), arn: invoked.arn(), payload: payload, done: make(chan outcome, 1)}
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, http.StatusBadRequest, "InvalidParameterValueException", "InvocationType "+kind+" is not served here: use RequestResponse or DryRun")
	}
	return nil
}

// requestPayload reads the JSON of an Invoke request. ok is false if the request was
// refused or the caller is gone.
func requestPayload(w http.ResponseWriter, r *http.Request) (payload []byte, ok bool) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, MaxRequest+1))
	switch {
	case err != nil: // the caller is gone
		return nil, false
	case len(payload) > MaxRequest:
		_, _ = io.Copy(io.Discard, r.Body) // the system may drop the answer if bytes are left unread
		refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", MaxRequest))
		return nil, false
	case len(payload) == 0:
		return []byte("{}"), true
	case !json.Valid(payload):
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
		return nil, false
	}
	return payload, true
}

func (s *Service) requestResponse(w http.ResponseWriter, r *http.Request, c *call) {
	crash, ok := s.start(w, c)
	if !ok {
		return
	}
	o := <-c.done // every admitted call ends: with a response, a crash or a time-out
	if crash {
		o = s.crashed(c, o)
	}
	if log := s.logResult(r, c); log != "" {
		w.Header().Set("X-Amz-Log-Result", log)
	}
	if o.functionError != "" {
		w.Header().Set("X-Amz-Function-Error", o.functionError)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(o.payload) // if that fails, the caller is gone
}

// start admits a call and draws its faults. ok is false if the request has been answered.
func (s *Service) start(w http.ResponseWriter, c *call) (crash, ok bool) {
	crash = s.faults.Draw(fault.Crash)
	if s.faults.Draw(fault.Throttle) {
		s.faults.Happened(fault.Throttle)
		throttle(w, "FunctionInvocationRateLimitExceeded")
		return false, false
	}
	c.onLate = func(c *call) { s.ended(c, timeOut(c, s.options.Timeout)) }
	admitted, err := s.admit(c)
	w.Header().Set("X-Amzn-Requestid", c.id)
	switch {
	case err != nil:
		refuseWith(w, http.StatusInternalServerError, "ServiceException", map[string]string{"Type": "Service", "Message": err.Error()})
	case !admitted:
		throttle(w, "ConcurrentInvocationLimitExceeded")
	default:
		w.Header().Set("X-Amz-Executed-Version", "$LATEST")
		return crash, true
	}
	return false, false
}

// crashed returns the outcome of a call that crashes by an injected fault after its work, which
// had the outcome o.
func (s *Service) crashed(c *call, o outcome) outcome {
	if o.functionError != "" {
		return o
	}
	s.faults.Happened(fault.Crash)
	return functionError("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited with error: signal: killed (injected)", c.id))
}

// logResult returns the log of a call that has ended, in base64, if the request asks for it.
func (s *Service) logResult(r *http.Request, c *call) string {
	if r.Header.Get("X-Amz-Log-Type") != "Tail" || c.began.IsZero() {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(s.logTail(c)))
}

func throttle(w http.ResponseWriter, reason string) {
	w.Header().Set("Retry-After", "1")
	refuseWith(w, http.StatusTooManyRequests, "TooManyRequestsException", map[string]string{"Reason": reason, "Type": "User", "message": "Rate Exceeded."})
}

// refuse writes the response for an error that the caller made.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	refuseWith(w, status, kind, map[string]string{"Type": "User", "message": message})
}

func refuseWith(w http.ResponseWriter, status int, kind string, body map[string]string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the status says it all
}

// next serves the Runtime API's request for an invocation. It waits until there is one,
// or the environment or the service ends.
func (s *Service) next(w http.ResponseWriter, r *http.Request) {
	e := s.environmentOf(r)
	if e == nil {
		http.NotFound(w, r)
		return
	}
	c := s.ask(r.Context(), e)
	if c == nil {
		return
	}
	h := w.Header()
	h.Set("Lambda-Runtime-Aws-Request-Id", c.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(c.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", c.arn)
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(c.payload) // an environment that is gone fails the call when its exit is seen
}

// responded serves the Runtime API's response of an invocation. A response after the
// time-out has no effect.
func (s *Service) responded(w http.ResponseWriter, r *http.Request) {
	if c := s.callOf(r); c != nil && c.stream != nil {
		s.streamed(w, r, c.stream)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse+1))
	if err != nil {
		return
	}
	o := outcome{payload: body}
	if len(body) > MaxResponse {
		o = tooLarge(r, MaxResponse)
	} else if failed := trailed(r); failed != nil {
		o = *failed
	}
	s.settle(w, r, o)
}

// tooLarge returns the outcome of a response that is larger than the limit.
func tooLarge(r *http.Request, limit int) outcome {
	_, _ = io.Copy(io.Discard, r.Body) // so that the environment can go on
	return functionError("Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", limit))
}

// trailed returns the outcome of a function that failed after it had begun its response; nil if
// it didn't. The trailers have it (AWS Lambda Developer Guide, "Using the Lambda runtime API",
// "Response streaming").
func trailed(r *http.Request) *outcome {
	kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		return nil
	}
	o := functionError(kind, "")
	if body, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err == nil && len(body) > 0 {
		o.payload = body
	}
	return &o
}

// failed serves the Runtime API's error, which the handler returned or panicked with.
func (s *Service) failed(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse))
	if err != nil {
		return
	}
	s.settle(w, r, outcome{payload: body, functionError: "Unhandled"})
}

// settle ends the invocation of a request with its outcome.
func (s *Service) settle(w http.ResponseWriter, r *http.Request, o outcome) {
	if s.environmentOf(r) == nil {
		http.NotFound(w, r)
		return
	}
	if c := s.callOf(r); c != nil {
		s.ended(c, o)
	}
	w.WriteHeader(http.StatusAccepted)
}

// callOf returns the call that a Runtime API request belongs to; nil if it has ended.
func (s *Service) callOf(r *http.Request) *call {
	e := s.environmentOf(r)
	if e == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return e.calls[r.PathValue("id")]
}
