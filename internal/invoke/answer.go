package invoke

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"dsql-load-test/internal/bench"
)

// failCall records a call that left and has no answer. An API error means that
// Lambda refused it, unless it is a server's fault (HTTP 5xx), which may come
// after the function ran; otherwise the answer was lost and the function may
// have run.
func failCall(r *bench.Result, err error) fate {
	var api smithy.APIError
	if !errors.As(err, &api) {
		r.ErrorKind, r.Error = kindResponseLost, err.Error()
		return answered
	}
	r.ErrorKind, r.Error = api.ErrorCode(), api.ErrorCode()+": "+api.ErrorMessage()
	if status(err) >= http.StatusInternalServerError {
		return answered
	}
	r.Outcome = bench.Failed
	return denied
}

// read takes what the call answered.
func read(r *bench.Result, out *lambda.InvokeOutput, asked bench.Invocation) {
	r.RequestID = requestID(out.ResultMetadata)
	if out.LogResult != nil {
		r.Report = report(*out.LogResult)
	}
	if out.FunctionError != nil {
		failFunction(r, out)
		return
	}
	understand(r, out.Payload, asked)
}

// failFunction records that the function crashed, panicked or ran out of time;
// what it had inserted until then is unknown.
func failFunction(r *bench.Result, out *lambda.InvokeOutput) {
	var e struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	r.ErrorKind = *out.FunctionError
	defer func() { r.TimedOut = strings.Contains(r.Error, timedOut) }()
	if err := json.Unmarshal(out.Payload, &e); err != nil || e.ErrorMessage == "" {
		r.Error = string(out.Payload[:min(len(out.Payload), 500)])
		return
	}
	r.Error = e.ErrorMessage
	if e.ErrorType != "" {
		r.ErrorKind = e.ErrorType
		r.Error = e.ErrorType + ": " + e.ErrorMessage
	}
}

func requestID(m middleware.Metadata) string {
	id, _ := awsmiddleware.GetRequestIDMetadata(m)
	return id
}
