package bench

import (
	"fmt"
	"strings"
	"time"
)

// Cost is the cost of a run in US dollars, by a dated price list. It leaves out discounts,
// free tiers and taxes.
type Cost struct {
	Currency   string `json:"currency"`    // USD
	Region     string `json:"region"`      // region of the prices
	PricesDate string `json:"prices_date"` // date of the price list
	// Estimate is computed from the plan, Actual from the billed amounts; Actual is null
	// until these are known.
	Estimate *CostSheet `json:"estimate"`
	Actual   *CostSheet `json:"actual"`
}

// StandIn returns a note that the prices are those of another region than region, in which
// the run is; empty if they are region's.
func (c *Cost) StandIn(region string) string {
	if region == "" || c.Region == "" || region == c.Region {
		return ""
	}
	return fmt.Sprintf("at %s's prices: no price for %s here", c.Region, region)
}

// Prices returns the region and the date of the prices for a heading. The run is in region.
func (c *Cost) Prices(region string) string {
	if standIn := c.StandIn(region); standIn != "" {
		return standIn + ", list of " + c.PricesDate
	}
	return c.Region + ", prices of " + c.PricesDate
}

// CostSheet is one calculation of the cost. Amounts are in US dollars; TotalUSD is the sum of
// the known ones.
type CostSheet struct {
	Requests  int64   `json:"requests"`   // of the function
	GBSeconds float64 `json:"gb_seconds"` // billed duration x memory
	// InitGBSeconds is the part of GBSeconds in which environments started (INIT), which
	// Lambda bills too; absent if unknown.
	InitGBSeconds *float64 `json:"init_gb_seconds,omitempty"`
	RequestsUSD   float64  `json:"requests_usd"`
	DurationUSD   float64  `json:"duration_usd"`
	DPU           *float64 `json:"dpu"` // of the cluster, distributed processing units; null if unknown
	DPUUSD        *float64 `json:"dpu_usd"`
	// StreamedGB is what was streamed beyond StreamedFree bytes of each answer.
	StreamedGB       float64  `json:"streamed_gb,omitempty"`
	StreamedUSD      float64  `json:"streamed_usd,omitempty"`
	TotalUSD         float64  `json:"total_usd"`
	PerMillionRowUSD *float64 `json:"per_million_rows_usd"` // null without a row
	// Basis has sentences that name the sources of the figures and what they leave out.
	Basis []string `json:"basis"`
}

// CloudWatch holds the metrics that AWS measured for the cluster and the function during a
// run.
type CloudWatch struct {
	FetchedAt time.Time `json:"fetched_at"`
	From      time.Time `json:"from"` // the queried interval is [From, To)
	To        time.Time `json:"to"`
	// Complete: To was long enough ago that no more points will appear.
	Complete bool               `json:"complete"`
	Problem  string             `json:"problem"` // why metrics are missing; empty if none are
	Metrics  []CloudWatchMetric `json:"metrics"`
	// WaitEvents is absent in older files.
	WaitEvents *WaitEvents `json:"wait_events,omitempty"`
}

// CloudWatchMetric is one metric with one statistic.
type CloudWatchMetric struct {
	Namespace string            `json:"namespace"` // AWS/AuroraDSQL or AWS/Lambda
	Name      string            `json:"name"`
	Statistic string            `json:"statistic"` // Sum, Average, Maximum or a percentile such as p99
	Unit      string            `json:"unit"`      // as in AWS's documentation of the metric
	Total     *float64          `json:"total"`     // sum for Sum, mean for Average, else the largest point; null without points
	Points    []CloudWatchPoint `json:"points"`
	// Partial: CloudWatch didn't return all points, so Total isn't that of the run.
	Partial bool `json:"partial,omitempty"`
}

// CommitLatency is AWS's name for the time that commits take. Its values are medians.
const CommitLatency = "CommitLatency"

// Title returns the metric's name for a reader. The name of CommitLatency says that it is a
// median, so that nobody compares it with this tool's p99.
func (m *CloudWatchMetric) Title() string {
	if m.Name == CommitLatency {
		return m.Name + ", median (P50)"
	}
	return m.Name
}

// Shown reports whether the metric is worth showing. A percentile of CommitLatency, which
// older results have, is a percentile of medians and would mislead.
func (m *CloudWatchMetric) Shown() bool {
	return m.Name != CommitLatency || !strings.HasPrefix(m.Statistic, "p")
}

// CloudWatchPoint is the value of one period.
type CloudWatchPoint struct {
	At    time.Time `json:"at"` // start of the period
	Value float64   `json:"value"`
}

// Function is the configuration of the Lambda function during a run.
type Function struct {
	Name           string  `json:"name"`
	Runtime        string  `json:"runtime"`
	Architecture   string  `json:"architecture"` // arm64 or x86_64
	MemoryMB       int64   `json:"memory_mb"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
	Version        string  `json:"version"`
	CodeSHA256     string  `json:"code_sha256"`
	// Cluster is the endpoint in the function's environment variables; empty if they have none.
	Cluster string `json:"cluster"`
}
