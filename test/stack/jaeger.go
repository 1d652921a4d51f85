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

// Search asks for traces that have a span of the service with all of these
// properties. The empty ones don't count.
type Search struct {
	Service, Operation string
	Tags               map[string]string // of the span or its resource; error=true is a failed one
	MinDuration        string            // as Jaeger reads it: 100ms
	Start, End         time.Time
	Limit              int
}

// FoundTrace is a trace as Jaeger's search tells it.
type FoundTrace struct {
	TraceID   string
	Spans     []FoundSpan
	Processes map[string]struct{ ServiceName string }
}

// FoundSpan is one span of it.
type FoundSpan struct {
	SpanID, OperationName, ProcessID string
	Duration                         int64 // microseconds
	Tags                             []struct {
		Key   string
		Value any
	}
}

// Values is s as Jaeger's query API takes it.
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

// Find searches Jaeger for traces: the latest ones that fit, up to the limit.
func (s *Stack) Find(ctx context.Context, search Search) ([]FoundTrace, error) {
	values, err := search.Values()
	if err != nil {
		return nil, err
	}
	var found struct{ Data []FoundTrace }
	err = get(ctx, s.JaegerURL+"/api/traces", values, into(&found))
	return found.Data, err
}

// Trace is all that Jaeger has of a trace, or ErrNotFound.
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

// ids are those of traces and spans in OTLP's JSON. A quote within a text is
// escaped there, so no text looks like one.
var ids = regexp.MustCompile(`("(?:traceId|spanId|parentSpanId)":\s*")([0-9a-f]*)"`)

// withBase64IDs rewrites OTLP's JSON, which has ids in hexadecimal, to protobuf's,
// which has them in base64.
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
