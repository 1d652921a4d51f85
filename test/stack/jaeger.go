package stack

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// Search selects traces with a span of the service that has all of these properties. Empty
// fields are ignored.
type Search struct {
	Service, Operation string
	Tags               map[string]string // of the span or its resource; error=true is a failed one
	MinDuration        string            // as Jaeger reads it: 100ms
	Start, End         time.Time
	Limit              int
}

// FoundTrace is a trace in the result of a search in Jaeger.
type FoundTrace struct {
	TraceID   string
	Spans     []FoundSpan
	Processes map[string]struct{ ServiceName string }
}

// FoundSpan is a span of a FoundTrace.
type FoundSpan struct {
	SpanID, OperationName, ProcessID string
	Duration                         int64 // microseconds
	Tags                             []struct {
		Key   string
		Value any
	}
}

// Values returns s in the form of Jaeger's query API.
func (s Search) Values() (url.Values, error) {
	v := url.Values{"limit": {strconv.Itoa(s.Limit)}}
	for key, value := range map[string]string{"service": s.Service, "operation": s.Operation, "minDuration": s.MinDuration} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if !s.Start.IsZero() {
		v.Set("start", strconv.FormatInt(s.Start.UnixMicro(), 10))
		v.Set("end", strconv.FormatInt(s.End.UnixMicro(), 10))
	}
	if len(s.Tags) > 0 {
		tags, err := json.Marshal(s.Tags)
		if err != nil {
			return nil, err
		}
		v.Set("tags", string(tags))
	}
	return v, nil
}

// Find returns the latest traces that match, up to the limit.
func (s *Stack) Find(ctx context.Context, search Search) ([]FoundTrace, error) {
	values, err := search.Values()
	if err != nil {
		return nil, err
	}
	var found struct{ Data []FoundTrace }
	err = get(ctx, s.JaegerURL+"/api/traces", values, into(&found))
	return found.Data, err
}

// Trace returns all spans that Jaeger has of a trace, or ErrNotFound.
func (s *Stack) Trace(ctx context.Context, id string) (*tracepb.TracesData, error) {
	trace := new(tracepb.TracesData)
	err := get(ctx, s.JaegerURL+"/api/v3/traces/"+url.PathEscape(id), nil, func(body []byte) error {
		var answer struct{ Result json.RawMessage }
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		text, err := withBase64IDs(answer.Result)
		if err != nil {
			return err
		}
		return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, trace)
	})
	return trace, err
}

// ids matches the ids of traces and spans in OTLP's JSON. Quotes within a text are escaped,
// so no text looks like an id.
var ids = regexp.MustCompile(`("(?:traceId|spanId|parentSpanId)":\s*")([0-9a-f]*)"`)

// withBase64IDs rewrites the JSON of OTLP, with ids in hexadecimal, to that of protobuf, with
// ids in base64.
func withBase64IDs(text []byte) ([]byte, error) {
	var wrong error
	rewritten := ids.ReplaceAllFunc(text, func(match []byte) []byte {
		parts := ids.FindSubmatch(match)
		id, err := hex.DecodeString(string(parts[2]))
		wrong = errors.Join(wrong, err)
		return fmt.Appendf(nil, `%s%s"`, parts[1], base64.StdEncoding.EncodeToString(id))
	})
	return rewritten, wrong
}
