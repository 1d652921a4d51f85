package invoke

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
)

// failCall records a call that left and has no usable answer. After an API error the function
// didn't run, because Lambda refused the call; except after HTTP 5xx, which may come when the
// function has run. After any other error the answer was lost and the function may have run.
func failCall(r *bench.Result, err error) fate {
	var api smithy.APIError
	switch {
	case errors.Is(err, errTooLarge):
		r.ErrorKind, r.Error = kindTooLarge, errTooLarge.Error()
		return answered
	case !errors.As(err, &api):
		r.ErrorKind, r.Error = kindResponseLost, sum.Shortened(err.Error())
		return answered
	}
	r.ErrorKind, r.Error = api.ErrorCode(), sum.Shortened(api.ErrorCode()+": "+api.ErrorMessage())
	if status(err) >= http.StatusInternalServerError {
		return answered
	}
	r.Outcome = bench.Failed
	return denied
}

// read records the answer of a call.
func read(r *bench.Result, a *ending, t *telling) {
	if a.log != nil {
		r.Report = report(*a.log)
	}
	if a.functionError != nil {
		failFunction(r, *a.functionError, a.failure)
		return
	}
	understand(r, t.reply(), t.asked, t.decoder)
	if r.Response != nil {
		t.confirm(r)
	}
}

// failFunction records that the function crashed, panicked or ran out of time. Which rows it
// had inserted until then is unknown, unless it told that. payload describes the error.
func failFunction(r *bench.Result, kind string, payload []byte) {
	var e struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	r.ErrorKind = kindOf(kind, "Unhandled")
	defer func() { r.TimedOut = strings.Contains(r.Error, timedOut) }()
	if err := json.Unmarshal(payload, &e); err != nil || e.ErrorMessage == "" {
		r.Error = sum.Shortened(string(payload))
		return
	}
	r.Error = sum.Shortened(e.ErrorMessage)
	if e.ErrorType != "" {
		r.ErrorKind = kindOf(e.ErrorType, r.ErrorKind)
		r.Error = sum.Shortened(e.ErrorType + ": " + e.ErrorMessage)
	}
}

// kindOf returns the function's word for an error, by which errors are counted, or other if
// that isn't a plain word.
func kindOf(word, other string) string {
	if !regexp.MustCompile(`^[A-Za-z0-9_.$:*-]{1,100}$`).MatchString(word) {
		return other
	}
	return word
}
