package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/test/stack"
)

var errEmpty = errors.New("no data")

// ask sends a panel's query as Grafana does, and says why there is no data.
func (v *viewer) ask(t *testing.T, p panel, q target) error {
	interval := time.Second
	if q.Interval == "5s" {
		interval = 5 * time.Second
	}
	switch {
	case p.Type == "traces":
		return v.tempo(t, "/api/v2/traces/"+v.fill(q.Query, interval), nil)
	case q.Query != "":
		return v.traceQL(t, q)
	case q.Instant:
		_, err := v.instant(t, q)
		return err
	}
	expr := v.fill(q.Expr, interval)
	if err := v.overTime(t, expr, interval); err != nil || !q.Exemplar {
		return err
	}
	exemplars, err := v.stack.Exemplars(t.Context(), expr, v.from, v.to)
	if err == nil && len(exemplars) == 0 {
		err = errors.New("no exemplars")
	}
	return err
}

// instant is a PromQL query at the range's end.
func (v *viewer) instant(t *testing.T, q target) ([]stack.Sample, error) {
	samples, err := v.stack.Prom(t.Context(), v.fill(q.Expr, 5*time.Second), v.to)
	if err != nil {
		return nil, err
	}
	for _, s := range samples {
		if shows(s.Point) {
			return samples, nil
		}
	}
	return nil, errEmpty
}

func (v *viewer) overTime(t *testing.T, expr string, step time.Duration) error {
	series, err := v.stack.PromRange(t.Context(), expr, v.from, v.to, step)
	if err != nil {
		return err
	}
	for _, s := range series {
		for _, p := range s.Points {
			if shows(p) {
				return nil
			}
		}
	}
	return errEmpty
}

// shows reports whether there is something to draw.
func shows(p stack.Point) bool {
	if p.Histogram != nil {
		return p.Histogram.Count > 0
	}
	return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0)
}

func (v *viewer) traceQL(t *testing.T, q target) error {
	values := url.Values{
		"q": {v.fill(q.Query, time.Second)}, "start": {strconv.FormatInt(v.from.Unix(), 10)}, "end": {strconv.FormatInt(v.to.Unix(), 10)},
	}
	switch q.MetricsQueryType {
	case "range":
		values.Set("step", q.Step)
		return v.tempo(t, "/api/metrics/query_range", values)
	case "instant":
		return v.tempo(t, "/api/metrics/query", values)
	}
	values.Set("limit", strconv.Itoa(q.Limit))
	values.Set("spss", strconv.Itoa(q.SPSS))
	return v.tempo(t, "/api/search", values)
}

// tempo looks whether an answer has traces, series with a value, or spans.
func (v *viewer) tempo(t *testing.T, path string, query url.Values) error {
	body, err := get(t, v.stack.TempoURL+path, query)
	if err != nil {
		return err
	}
	var a struct {
		Traces []struct{ SpanSets []struct{ Spans []any } }
		Series []struct {
			Samples []any
			Value   *float64
		}
		Trace struct{ ResourceSpans []any }
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, trace := range a.Traces {
		for _, set := range trace.SpanSets {
			if len(set.Spans) > 0 {
				return nil
			}
		}
	}
	for _, s := range a.Series {
		if len(s.Samples) > 0 || s.Value != nil {
			return nil
		}
	}
	if len(a.Trace.ResourceSpans) > 0 {
		return nil
	}
	return errEmpty
}

// get is for what the stack has no function for.
func get(t *testing.T, address string, query url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", request.URL, response.Status, body)
	}
	return body, err
}
