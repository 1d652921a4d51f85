package stack

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
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

// withBase64IDs rewrites OTLP's JSON, which has ids in hexadecimal, to protobuf's,
// which has them in base64.
func withBase64IDs(text []byte) ([]byte, error) {
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	if err := rewriteIDs(all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

func rewriteIDs(value any) error {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if err := rewriteIDs(element); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, element := range v {
			text, isText := element.(string)
			if key != "traceId" && key != "spanId" && key != "parentSpanId" || !isText {
				if err := rewriteIDs(element); err != nil {
					return err
				}
				continue
			}
			id, err := hex.DecodeString(text)
			if err != nil {
				return fmt.Errorf("%s %q: %w", key, text, err)
			}
			v[key] = base64.StdEncoding.EncodeToString(id)
		}
	}
	return nil
}
