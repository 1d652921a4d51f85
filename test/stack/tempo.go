package stack

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Match is a span that a TraceQL search found.
type Match struct {
	TraceID, SpanID string // hexadecimal; Tempo leaves leading zeros of a trace's out
	Name            string
	Start           time.Time
	Duration        time.Duration
	Attributes      map[string]string // those of the query and its select; the name is filled by these too
}

// keyValue is a key and value as Tempo writes them: the value in a field that
// is named after its type.
type keyValue struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

func labels(attributes []keyValue) map[string]string {
	all := make(map[string]string, len(attributes))
	for _, a := range attributes {
		for _, value := range a.Value {
			all[a.Key] = fmt.Sprint(value)
		}
	}
	return all
}

// Search finds spans by TraceQL in up to limit traces, up to limit in each.
func (s *Stack) Search(ctx context.Context, query string, start, end time.Time, limit int) ([]Match, error) {
	var found struct {
		Traces []struct {
			TraceID  string
			SpanSets []struct{ Spans []matchedSpan }
		}
	}
	values := bounds(query, start, end)
	values.Set("limit", strconv.Itoa(limit))
	values.Set("spss", strconv.Itoa(limit))
	err := get(ctx, s.TempoURL+"/api/search", values, into(&found))
	var all []Match
	for _, trace := range found.Traces {
		for _, set := range trace.SpanSets {
			for _, span := range set.Spans {
				all = append(all, span.match(trace.TraceID))
			}
		}
	}
	return all, err
}

type matchedSpan struct {
	SpanID            string
	Name              string
	StartTimeUnixNano int64 `json:",string"`
	DurationNanos     int64 `json:",string"`
	Attributes        []keyValue
}

func (m matchedSpan) match(trace string) Match {
	return Match{trace, m.SpanID, m.Name, time.Unix(0, m.StartTimeUnixNano), time.Duration(m.DurationNanos), labels(m.Attributes)}
}

// TraceMetrics evaluates a TraceQL metrics query to one value a series, over
// start to end. It knows a span about ten seconds after that was sent.
func (s *Stack) TraceMetrics(ctx context.Context, query string, start, end time.Time) ([]Sample, error) {
	var found struct {
		Series []struct {
			Labels []keyValue
			Value  float64
		}
	}
	err := get(ctx, s.TempoURL+"/api/metrics/query", bounds(query, start, end), into(&found))
	var all []Sample
	for _, series := range found.Series {
		all = append(all, Sample{labels(series.Labels), Point{Time: end, Value: series.Value}})
	}
	return all, err
}

// bounds of a query in whole seconds, which is what Tempo takes.
func bounds(query string, start, end time.Time) url.Values {
	return url.Values{
		"q":     {query},
		"start": {strconv.FormatInt(start.Unix(), 10)},
		"end":   {strconv.FormatInt(end.Add(time.Second-1).Unix(), 10)},
	}
}

// Trace is all that Tempo has of a trace, or ErrNotFound.
func (s *Stack) Trace(ctx context.Context, id string) (*tracepb.TracesData, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.TempoURL+"/api/traces/"+url.PathEscape(id), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/protobuf")
	trace := new(tracepb.TracesData)
	return trace, do(request, func(body []byte) error { return proto.Unmarshal(body, trace) })
}
