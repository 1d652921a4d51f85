package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

const (
	// sampled is the period of the metric of sessions (Aurora DSQL User Guide, "Aurora DSQL
	// Database Insights").
	sampled = time.Minute
	// eventLabel is the metric's label of the wait event.
	eventLabel   = "db.wait.event"
	maxEventName = 100       // bytes
	maxSessions  = 1_000_000 // a cluster's quota is 10,000 connections
)

// sessionQuery returns the PromQL for the sessions of an application at a cluster, by wait event.
// The metric has a series for each wait event and statement, with a point a minute. The range of
// a minute counts each point once, while a bare metric would repeat it for five minutes.
func sessionQuery(cluster, application string) string {
	return fmt.Sprintf(`sum by (%q) (sum_over_time({"db.active_sessions.avg", "@resource.aws.auroradsql.cluster_id"=%q, "application.name"=%q}[1m]))`, eventLabel, cluster, application)
}

// waitEvents asks for the wait events of the run, from c.From to c.To. What goes wrong is in the
// result's Problem.
func waitEvents(ctx context.Context, client *cloudwatch.Client, o Options, c *bench.CloudWatch) *bench.WaitEvents {
	w := &bench.WaitEvents{Application: o.Application, Events: []bench.WaitEvent{}}
	// A point may belong to the minute before its time or after it.
	q := promQLRange{Query: sessionQuery(o.ClusterID, o.Application), From: c.From, To: c.To.Add(sampled), Step: sampled}
	switch {
	case o.Application == "":
		w.Problem = "the function is of another suite, so its connections don't have this run's application_name"
	case o.ClusterID == "":
		w.Problem = "the cluster is unknown (--cluster sets it)"
	case period(o.Now().Sub(o.From)) != sampled:
		w.Problem = "the run is so old that CloudWatch may have merged its minutes"
	case q.To.Sub(q.From) >= maxRange:
		w.Problem = "the run was longer than the 7 days that CloudWatch answers for at once"
	}
	if w.Problem != "" {
		return w
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	p, err := newPromQL(ctx, client, o)
	var body []byte
	if err == nil {
		body, err = p.ask(ctx, q)
	}
	if err != nil {
		w.Problem = whyNoEvents(err)
		return w
	}
	var warnings []string
	if w.Events, warnings, err = parseEvents(body, q, c); err != nil {
		w.Events, w.Problem = []bench.WaitEvent{}, "CloudWatch's answer isn't as documented: "+quote.Collapse(err)
		return w
	}
	switch {
	case len(warnings) > 0:
		w.Problem = "CloudWatch says: " + strings.Join(warnings, "; ")
	case len(w.Events) == 0 && !c.Complete:
		w.Problem = "CloudWatch has no session of " + o.Application + ": it may still come, because the metrics lag by some minutes"
	case len(w.Events) == 0:
		w.Problem = "CloudWatch has no session of " + o.Application + ": the region may not have the metric db.active_sessions.avg, or the function is of an older version or has a PGAPPNAME"
	}
	return w
}

// whyNoEvents says why CloudWatch gave no answer.
func whyNoEvents(err error) string {
	var refused *refusal
	var network *net.OpError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusForbidden:
		return "CloudWatch refuses PromQL: the caller needs the actions cloudwatch:GetMetricData and cloudwatch:ListMetrics (" + refused.Error() + ")"
	case errors.As(err, &refused) && refused.passing():
		return fmt.Sprintf("CloudWatch refused PromQL %d times: driver cloudwatch RESULTS asks again later (%s)", attempts, refused.Error())
	case errors.As(err, &refused):
		return "CloudWatch refuses PromQL (" + refused.Error() + ")"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("CloudWatch did not answer PromQL within %v", fetchTimeout)
	case errors.As(err, &network):
		return "CloudWatch did not answer PromQL: " + quote.Collapse(network)
	}
	return "CloudWatch did not answer PromQL: " + quote.Collapse(err)
}

// matrix is the answer to a query over a range, in Prometheus's form.
type matrix struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string `json:"resultType"`
		Result []struct {
			Metric map[string]string `json:"metric"`
			Values [][2]any          `json:"values"` // a time in seconds, and a number as text
		} `json:"result"`
	} `json:"data"`
	Warnings []string `json:"warnings"`
}

// parseEvents returns the events in an answer to q, the most sessions first. It believes nothing
// that the query can't have as its result.
func parseEvents(body []byte, q promQLRange, c *bench.CloudWatch) (events []bench.WaitEvent, warnings []string, err error) {
	var m matrix
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, nil, err
	}
	switch {
	case m.Status != "success":
		return nil, nil, fmt.Errorf("status %q %s", m.Status, m.Error)
	case m.Data.Type != "matrix":
		return nil, nil, fmt.Errorf("data.resultType is %q, must be matrix", m.Data.Type)
	case len(m.Data.Result) > maxSeries:
		return nil, nil, fmt.Errorf("%d series, must be %d at most", len(m.Data.Result), maxSeries)
	}
	minutes := float64(c.To.Sub(c.From) / sampled)
	events = []bench.WaitEvent{}
	for i, series := range m.Data.Result {
		e := bench.WaitEvent{Name: series.Metric[eventLabel]}
		switch {
		case e.Name == "" || len(series.Metric) != 1:
			return nil, nil, fmt.Errorf("series %d: must have the label %s alone", i, eventLabel)
		case len(e.Name) > maxEventName:
			return nil, nil, fmt.Errorf("series %d: a name of %d bytes, must be %d at most", i, len(e.Name), maxEventName)
		case slices.ContainsFunc(events, func(other bench.WaitEvent) bool { return other.Name == e.Name }):
			return nil, nil, fmt.Errorf("series %d: %s for the second time", i, e.Name)
		}
		if e.Points, err = parsePoints(series.Values, q); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		for _, p := range e.Points {
			e.Sessions += p.Value / minutes
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b bench.WaitEvent) int {
		if a.Sessions != b.Sessions {
			return int(math.Copysign(1, b.Sessions-a.Sessions))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return events, m.Warnings, nil
}

// parsePoints returns the points of one series, which are at steps of q.
func parsePoints(values [][2]any, q promQLRange) ([]bench.CloudWatchPoint, error) {
	points := make([]bench.CloudWatchPoint, 0, len(values))
	last := q.From.Add(-q.Step)
	for i, v := range values {
		seconds, isNumber := v[0].(float64)
		text, isText := v[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		at := time.Unix(int64(seconds), 0).UTC()
		switch {
		case !isNumber || !isText || err != nil:
			return nil, fmt.Errorf("point %d is %v, must be a time and a number as text", i, v)
		case !at.After(last) || at.After(q.To) || at.Sub(q.From)%q.Step != 0 || seconds != math.Trunc(seconds):
			return nil, fmt.Errorf("point %d is at %v, must be a step after the one before, up to %d", i, v[0], q.To.Unix())
		case !(value >= 0 && value <= maxSessions):
			return nil, fmt.Errorf("point %d is %s, must be 0 to %d", i, text, maxSessions)
		}
		last = at
		points = append(points, bench.CloudWatchPoint{At: at, Value: value})
	}
	return points, nil
}
