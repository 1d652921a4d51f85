package awsapi

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// CloudWatch replaces Amazon CloudWatch in tests: GetMetricData in the protocol of the SDK,
// Smithy RPC v2 with CBOR, and the Prometheus-compatible API (promql.go).
type CloudWatch struct {
	URL string

	mu       sync.Mutex // guards the fields below
	series   map[CloudWatchSeries]map[time.Time]float64
	statuses map[string]string // by metric
	page     int               // most points in a response
	good     int               // calls that succeed before the failures
	failures []CloudWatchFailure
	requests []CloudWatchRequest
	promQL   promQL
}

// CloudWatchSeries names one series of points.
type CloudWatchSeries struct {
	Namespace, Metric, Statistic string
	Dimension                    string // "ClusterId=..."
}

// CloudWatchFailure is an error response.
type CloudWatchFailure struct {
	Status        int
	Code, Message string
}

// CloudWatchRequest is one call of GetMetricData.
type CloudWatchRequest struct {
	Start, End time.Time
	Token      string
	Series     []CloudWatchSeries
	Periods    []time.Duration
}

// NewCloudWatch serves until the test ends.
func NewCloudWatch(tb testing.TB) *CloudWatch {
	tb.Helper()
	c := &CloudWatch{series: map[CloudWatchSeries]map[time.Time]float64{}, statuses: map[string]string{}, page: 100_800}
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Put adds points to a series, the first at start and each a period after the
// one before.
func (c *CloudWatch) Put(s CloudWatchSeries, start time.Time, period time.Duration, values ...float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.series[s] == nil {
		c.series[s] = map[time.Time]float64{}
	}
	for i, v := range values {
		c.series[s][start.Add(time.Duration(i)*period).UTC()] = v
	}
}

// PageBy sets the largest number of points in a response.
func (c *CloudWatch) PageBy(points int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.page = points
}

// Fail makes the next calls fail, one for each failure.
func (c *CloudWatch) Fail(failures ...CloudWatchFailure) { c.FailAfter(0, failures...) }

// FailAfter lets a number of calls succeed and makes the next ones fail, one for each
// failure.
func (c *CloudWatch) FailAfter(calls int, failures ...CloudWatchFailure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.good, c.failures = calls, failures
}

// Status sets the status of a metric's results, such as InternalError.
func (c *CloudWatch) Status(metric, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[metric] = status
}

// Requests returns the calls so far, including failed ones.
func (c *CloudWatch) Requests() []CloudWatchRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// ServeHTTP implements http.Handler.
func (c *CloudWatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/api/v1/query_range" {
		c.queryRange(w, r)
		return
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	queries, request, err := cloudWatchRead(r)
	if err != nil {
		cloudWatchRefuse(w, CloudWatchFailure{http.StatusBadRequest, "InvalidParameterValue", err.Error()})
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, request)
	if c.good--; c.good < 0 && len(c.failures) > 0 {
		failure := c.failures[0]
		c.failures = c.failures[1:]
		cloudWatchRefuse(w, failure)
		return
	}
	answer, err := c.answer(queries, request)
	if err != nil {
		cloudWatchRefuse(w, CloudWatchFailure{http.StatusBadRequest, "InvalidNextToken", err.Error()})
		return
	}
	_, _ = w.Write(cbor.Encode(answer)) // an error means that the client is gone
}

func cloudWatchRefuse(w http.ResponseWriter, f CloudWatchFailure) {
	w.Header().Set("X-Amzn-Query-Error", f.Code+";Sender")
	w.WriteHeader(f.Status)
	_, _ = w.Write(cbor.Encode(cbor.Map{ // an error means that the client is gone
		"__type": cbor.String("com.amazonaws.cloudwatch#" + f.Code), "message": cbor.String(f.Message),
	}))
}

// cloudWatchQuery is a request for one series.
type cloudWatchQuery struct {
	id     string
	series CloudWatchSeries
	period time.Duration
}

// cloudWatchRead reads a call, and refuses the mistakes that CloudWatch refuses.
func cloudWatchRead(r *http.Request) ([]cloudWatchQuery, CloudWatchRequest, error) {
	var request CloudWatchRequest
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/service/GraniteServiceVersion20100801/operation/GetMetricData":
		return nil, request, fmt.Errorf("%s %s: no such operation", r.Method, r.URL.Path)
	case r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" || r.Header.Get("Content-Type") != "application/cbor":
		return nil, request, errors.New("not the protocol RPC v2 CBOR")
	case !strings.Contains(r.Header.Get("Authorization"), "/monitoring/aws4_request"):
		return nil, request, errors.New("not signed for the service monitoring")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, request, err
	}
	value, err := cbor.Decode(body)
	if err != nil {
		return nil, request, err
	}
	input, ok := value.(cbor.Map)
	if !ok {
		return nil, request, errors.New("the input is no map")
	}
	if request.Start, err = cbor.AsTime(input["StartTime"]); err != nil {
		return nil, request, err
	}
	if request.End, err = cbor.AsTime(input["EndTime"]); err != nil {
		return nil, request, err
	}
	if !request.Start.Before(request.End) {
		return nil, request, errors.New("StartTime must lie before EndTime")
	}
	token, _ := input["NextToken"].(cbor.String)
	request.Token = string(token)
	if order, _ := input["ScanBy"].(cbor.String); order != "TimestampAscending" {
		return nil, request, errors.New("the stand-in answers in ascending order only")
	}
	queries, err := cloudWatchQueries(input["MetricDataQueries"])
	for _, q := range queries {
		request.Series = append(request.Series, q.series)
		request.Periods = append(request.Periods, q.period)
	}
	return queries, request, err
}

func cloudWatchQueries(value cbor.Value) ([]cloudWatchQuery, error) {
	list, _ := value.(cbor.List)
	if len(list) == 0 || len(list) > 500 {
		return nil, fmt.Errorf("%d MetricDataQueries: must be 1 to 500", len(list))
	}
	var all []cloudWatchQuery
	seen := map[string]bool{}
	for _, v := range list {
		entry, _ := v.(cbor.Map)
		id, _ := entry["Id"].(cbor.String)
		stat, _ := entry["MetricStat"].(cbor.Map)
		metric, _ := stat["Metric"].(cbor.Map)
		period, err := cbor.AsInt32(stat["Period"])
		if err != nil || period <= 0 || period%60 != 0 {
			return nil, fmt.Errorf("period %d: must be a multiple of 60", period)
		}
		if !regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`).MatchString(string(id)) || seen[string(id)] {
			return nil, fmt.Errorf("id %q: must be unique and begin with a small letter", id)
		}
		seen[string(id)] = true
		all = append(all, cloudWatchQuery{string(id), cloudWatchSeries(stat, metric), time.Duration(period) * time.Second})
	}
	return all, nil
}

func cloudWatchSeries(stat, metric cbor.Map) CloudWatchSeries {
	text := func(v cbor.Value) string {
		s, _ := v.(cbor.String)
		return string(s)
	}
	s := CloudWatchSeries{Namespace: text(metric["Namespace"]), Metric: text(metric["MetricName"]), Statistic: text(stat["Stat"])}
	dimensions, _ := metric["Dimensions"].(cbor.List)
	for _, v := range dimensions {
		d, _ := v.(cbor.Map)
		s.Dimension += text(d["Name"]) + "=" + text(d["Value"])
	}
	return s
}

// answer returns one page: of all points, in the order of the queries, those from the token
// on. A metric whose points continue on the next page has the status PartialData.
func (c *CloudWatch) answer(queries []cloudWatchQuery, request CloudWatchRequest) (cbor.Map, error) {
	from := 0
	if request.Token != "" {
		var err error
		if from, err = strconv.Atoi(request.Token); err != nil {
			return nil, fmt.Errorf("token %q", request.Token)
		}
	}
	left, position := c.page, 0
	results := cbor.List{}
	for _, q := range queries {
		points := c.series[q.series]
		times, values := cbor.List{}, cbor.List{}
		status := "Complete"
		for _, at := range slices.SortedFunc(maps.Keys(points), time.Time.Compare) {
			if at.Before(request.Start) || !at.Before(request.End) {
				continue
			}
			position++
			if position <= from {
				continue
			}
			if left == 0 {
				status = "PartialData"
				break
			}
			left--
			times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(float64(at.UnixMilli()) / 1e3)})
			values = append(values, cbor.Float64(points[at]))
		}
		if s := c.statuses[q.series.Metric]; s != "" {
			status = s
		}
		results = append(results, cbor.Map{
			"Id": cbor.String(q.id), "Label": cbor.String(q.series.Metric), "StatusCode": cbor.String(status), "Timestamps": times, "Values": values,
		})
		if status == "PartialData" && left == 0 {
			return cbor.Map{"MetricDataResults": results, "NextToken": cbor.String(strconv.Itoa(from + c.page))}, nil
		}
	}
	return cbor.Map{"MetricDataResults": results}, nil
}
