package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Sample is an element of an instant vector.
type Sample struct {
	Labels map[string]string
	Point
}

// Series is one element of a range vector. A series may have numbers,
// histograms, or both.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Exemplar is one observation with its trace, in Labels.
type Exemplar struct {
	Series map[string]string
	Labels map[string]string
	Value  float64
	Time   time.Time
}

// answer is the envelope of every response of Prometheus.
type answer[T any] struct {
	Data T `json:"data"`
}

type queryData struct {
	Result []struct {
		Metric     map[string]string `json:"metric"`
		Value      *Point            `json:"value"`
		Histogram  *Point            `json:"histogram"`
		Values     []Point           `json:"values"`
		Histograms []Point           `json:"histograms"`
	} `json:"result"`
}

// Prom evaluates a PromQL expression that yields an instant vector.
func (s *Stack) Prom(ctx context.Context, expr string, at time.Time) ([]Sample, error) {
	var a answer[queryData]
	err := get(ctx, s.PrometheusURL+"/api/v1/query", url.Values{"query": {expr}, "time": {seconds(at)}}, into(&a))
	var samples []Sample
	for _, r := range a.Data.Result {
		for _, point := range []*Point{r.Value, r.Histogram} {
			if point != nil {
				samples = append(samples, Sample{r.Metric, *point})
			}
		}
	}
	return samples, err
}

// PromRange evaluates an expression from start to end, both included, at every step.
func (s *Stack) PromRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	var a answer[queryData]
	err := get(ctx, s.PrometheusURL+"/api/v1/query_range", url.Values{
		"query": {expr}, "start": {seconds(start)}, "end": {seconds(end)}, "step": {step.String()},
	}, into(&a))
	var all []Series
	for _, r := range a.Data.Result {
		all = append(all, Series{r.Metric, append(r.Values, r.Histograms...)})
	}
	return all, err
}

// Exemplars returns the exemplars of all series in the expression.
func (s *Stack) Exemplars(ctx context.Context, expr string, start, end time.Time) ([]Exemplar, error) {
	var a answer[[]struct {
		SeriesLabels map[string]string
		Exemplars    []struct {
			Labels    map[string]string
			Value     number
			Timestamp float64
		}
	}]
	err := get(ctx, s.PrometheusURL+"/api/v1/query_exemplars", url.Values{
		"query": {expr}, "start": {seconds(start)}, "end": {seconds(end)},
	}, into(&a))
	var all []Exemplar
	for _, series := range a.Data {
		for _, e := range series.Exemplars {
			all = append(all, Exemplar{series.SeriesLabels, e.Labels, float64(e.Value), instant(e.Timestamp)})
		}
	}
	return all, err
}

func into(target any) func([]byte) error {
	return func(body []byte) error { return json.Unmarshal(body, target) }
}

func seconds(t time.Time) string {
	return fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/int(time.Millisecond))
}

func instant(seconds float64) time.Time { return time.UnixMilli(int64(seconds*1000 + 0.5)) }

// number is a float that Prometheus writes as a string, "NaN" and "+Inf" among them.
type number float64

func (n *number) UnmarshalText(text []byte) error {
	value, err := strconv.ParseFloat(string(text), 64)
	*n = number(value)
	return err
}
