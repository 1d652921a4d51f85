package invoke

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/strictjson"
)

// maxObjects bounds the JSON objects in an answer: the slowest statements with their phases,
// and the seconds. Each takes up to 300 bytes decoded.
const maxObjects = 100_000

// understand reads the function's answer. Apart from the SDK, decoding costs most of a call's
// processor time. So it uses the decoder of the next encoding/json, which takes a third of the
// time, and unwrap (BenchmarkFanOut).
func understand(r *bench.Result, payload []byte, asked bench.Invocation, decoder *latency.Decoder) {
	status, body, text, err := openReply(payload, asked)
	switch {
	case err != nil:
	case status == http.StatusOK && body.Success == nil:
		err = errors.New("response body has no success")
	case status != http.StatusOK || !*body.Success:
		unsuccessful(r, status, body)
		return
	default:
		err = checkReply(body.Result.response, text, asked, decoder)
	}
	if err != nil {
		r.ErrorKind, r.Error = kindNotUnderstood, sum.Shortened(err.Error())
		return
	}
	r.Outcome, r.Response = bench.Acknowledged, body.Result.response
}

// openReply decodes an answer. text is its body.
func openReply(payload []byte, asked bench.Invocation) (status int, body *replyBody, text []byte, err error) {
	status, text, err = unwrap(payload)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("response: %w", err)
	}
	if n := bytes.Count(text, []byte("{")); n > maxObjects {
		return 0, nil, nil, fmt.Errorf("response body: %d objects, at most %d", n, maxObjects)
	}
	body = &replyBody{Result: expected{asked: asked}}
	err = decode(text, body)
	if err != nil {
		if whole := strictjson.WholeNumbers(text); !bytes.Equal(whole, text) {
			body = &replyBody{Result: expected{asked: asked}}
			err = decode(whole, body)
		}
	}
	if err != nil {
		return 0, nil, nil, fmt.Errorf("response body: %w", inWords(err))
	}
	return status, body, text, nil
}

// unsuccessful records that the function reports its own failure.
func unsuccessful(r *bench.Result, status int, body *replyBody) {
	r.ErrorKind, r.Error = kindUnsuccessful, fmt.Sprintf("status %d: %s", status, cmp.Or(sum.Shortened(body.Error), "it names no error"))
	if body.Refused { // else it may have failed after it wrote
		r.Outcome, r.ErrorKind = bench.Failed, kindDeclined
	}
}

// checkReply checks the result of an answer with success.
func checkReply(result *bench.Response, text []byte, asked bench.Invocation, decoder *latency.Decoder) error {
	if result == nil {
		return errors.New("response body has success and no result")
	}
	if result.Foreign() {
		if err := lacking(text); err != nil {
			return err
		}
	}
	return check.Response(result, asked, decoder)
}

// lacking names the numbers that the original suite's function always reports and this answer
// doesn't: without this check their zeros would pass for measured figures.
func lacking(text []byte) error {
	var body struct {
		Result map[string]jsontext.Value `json:"result"`
	}
	if err := decode(text, &body); err != nil {
		return err // it was decoded before
	}
	var faults []string
	for _, key := range []string{"success_count", "error_count", "duration_ms", "inserts_per_second"} {
		if v, ok := body.Result[key]; !ok || v.Kind() == 'n' {
			faults = append(faults, key+" is missing")
		}
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

// replyBody is a bench.ReplyBody that is being decoded.
type replyBody struct {
	Success *bool    `json:"success"`
	Result  expected `json:"result"`
	Error   string   `json:"error"`
	Refused bool     `json:"refused"`
}

// expected is a response with its request.
type expected struct {
	asked    bench.Invocation
	response *bench.Response // nil when there was none
}

// UnmarshalJSONFrom allocates room for the expected response before it decodes.
func (e *expected) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	e.response = &bench.Response{Slowest: make([]bench.Statement, 0, min(e.asked.Statements(), bench.SlowestKept))}
	e.response.Expect(e.asked)
	return json.UnmarshalDecode(d, e.response)
}

// decode accepts the same JSON as encoding/json.
func decode(data []byte, to any) error {
	return json.Unmarshal(data, to, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// unwrap splits a bench.Reply. A reply as our function writes it only needs its escapes undone;
// any other one is decoded.
func unwrap(payload []byte) (status int, body []byte, err error) {
	text, ok := bytes.CutPrefix(payload, []byte(`{"statusCode":200,"body":"`))
	text, closed := bytes.CutSuffix(bytes.TrimRight(text, "\n"), []byte(`"}`))
	if ok && closed && utf8.Valid(text) {
		if body, ok := unescape(text); ok {
			return http.StatusOK, body, nil
		}
	}
	var reply struct {
		StatusCode int            `json:"statusCode"`
		Body       jsontext.Value `json:"body"` // the body's JSON as a string, or as it is
	}
	err = decode(strictjson.WholeNumbers(payload), &reply)
	switch {
	case err != nil:
		return 0, nil, inWords(err)
	case reply.StatusCode == 0:
		return 0, nil, errors.New("it has no statusCode")
	case len(reply.Body) == 0:
		return 0, nil, errors.New("it has no body")
	case reply.Body.Kind() != '"':
		return reply.StatusCode, reply.Body, nil
	}
	var plain string
	err = decode(reply.Body, &plain)
	return reply.StatusCode, []byte(plain), err
}

// inWords rewrites the error of a value of a wrong type, so that it names the key; any other
// error stays as it is.
func inWords(err error) error {
	var wrong *json.SemanticError
	if !errors.As(err, &wrong) || wrong.JSONPointer == "" || wrong.GoType == nil {
		return err
	}
	key := strings.ReplaceAll(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/", ".")
	return fmt.Errorf("%s is a JSON %s, must be of type %s", key, wrong.JSONKind, wrong.GoType)
}

// unescape undoes the escapes of quotes and backslashes inside a JSON string. ok is false if
// there are other escapes, or if the string ends before the text does.
func unescape(text []byte) (plain []byte, ok bool) {
	plain = make([]byte, 0, len(text))
	quotes := bytes.Count(text, []byte{'"'}) // one without a backslash ends the string
	for escaped := 0; ; escaped = 1 {
		i := bytes.IndexByte(text[escaped:], '\\') + escaped
		if i < escaped {
			return append(plain, text...), quotes == 0
		}
		plain = append(plain, text[:i]...)
		text = text[i+1:]
		if len(text) == 0 || text[0] != '"' && text[0] != '\\' {
			return nil, false
		}
		if text[0] == '"' {
			quotes--
		}
	}
}
