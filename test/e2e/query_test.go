package e2e_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dsql-load-test/test/stack"
)

var errEmpty = errors.New("no data")

// ask sends a panel's query like Grafana, and returns why there is no data.
func (v *viewer) ask(t *testing.T, p panel, q target) error {
	interval := time.Second
	if q.Interval == "5s" {
		interval = 5 * time.Second
	}
	switch {
	case q.QueryType == "search":
		found, err := v.stack.Find(t.Context(), v.search(t, q))
		if err == nil && len(found) == 0 {
			err = errEmpty
		}
		return err
	case q.Query != "":
		_, err := v.stack.Trace(t.Context(), v.fill(q.Query, interval))
		return err
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

// search returns a panel's search in the form that Grafana sends to Jaeger, with tags in
// logfmt.
func (v *viewer) search(t *testing.T, q target) stack.Search {
	t.Helper()
	s := stack.Search{
		Service: q.Service, Operation: q.Operation, MinDuration: v.fill(q.MinDuration, time.Second),
		Tags: map[string]string{}, Start: v.from, End: v.to, Limit: q.Limit,
	}
	for _, tag := range strings.Fields(v.fill(q.Tags, time.Second)) {
		key, value, ok := strings.Cut(tag, "=")
		if !ok {
			t.Fatalf("tags %q: %q isn't key=value", q.Tags, tag)
		}
		s.Tags[key] = value
	}
	return s
}

// slowTable returns the rows of the table of slow statements, the slowest first.
func (v *viewer) slowTable(t *testing.T) []stack.Sample {
	t.Helper()
	rows, err := v.instant(t, dashboards(t)["dsqlload-slow"].panel(t, "Slowest statements").Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b stack.Sample) int { return cmp.Compare(b.Value, a.Value) })
	return rows
}

// get calls an API for which the stack has no function.
func get(t *testing.T, address string, query url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
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
