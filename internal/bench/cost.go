package bench

import (
	"fmt"
	"strings"
	"time"
)

// Cost is what a run costs in US dollars by a dated price list. Discounts, free
// tiers and taxes are left out.
type Cost struct {
	Currency   string `json:"currency"` // USD
	Region     string `json:"region"`   // whose prices they are
	PricesDate string `json:"prices_date"`
	// Estimate is from the plan; Actual from what was billed, null until that is known.
	Estimate *CostSheet `json:"estimate"`
	Actual   *CostSheet `json:"actual"`
}

// StandIn says that the prices are another region's than region, where the run is;
// empty when they are its own.
func (c *Cost) StandIn(region string) string {
	if region == "" || c.Region == "" || region == c.Region {
		return ""
	}
	return fmt.Sprintf("at %s's prices: no price for %s here", c.Region, region)
}

// Prices says for a heading whose prices they are, and of when. The run is in
// region.
func (c *Cost) Prices(region string) string {
	if standIn := c.StandIn(region); standIn != "" {
		return standIn + ", list of " + c.PricesDate
	}
	return c.Region + ", prices of " + c.PricesDate
}

// CostSheet is one calculation. Total is the sum of what is known.
type CostSheet struct {
	Requests  int64   `json:"requests"`   // of the function
	GBSeconds float64 `json:"gb_seconds"` // billed duration x memory
	// InitGBSeconds are those of GBSeconds that environments took to start (INIT),
	// which Lambda bills too; absent when not known.
	InitGBSeconds    *float64 `json:"init_gb_seconds,omitempty"`
	RequestsUSD      float64  `json:"requests_usd"`
	DurationUSD      float64  `json:"duration_usd"`
	DPU              *float64 `json:"dpu"` // of the cluster; null when not known
	DPUUSD           *float64 `json:"dpu_usd"`
	TotalUSD         float64  `json:"total_usd"`
	PerMillionRowUSD *float64 `json:"per_million_rows_usd"` // null without a row
	// Basis says, a sentence each, where the figures are from and what they leave out.
	Basis []string `json:"basis"`
}

// CloudWatch is what AWS measured of the cluster and the function during a run.
type CloudWatch struct {
	FetchedAt time.Time `json:"fetched_at"`
	From      time.Time `json:"from"` // of the window that was asked for
	To        time.Time `json:"to"`
	// Complete: the window was over long enough that nothing more will come.
	Complete bool               `json:"complete"`
	Problem  string             `json:"problem"` // why there is little or nothing; empty when fine
	Metrics  []CloudWatchMetric `json:"metrics"`
}

// CloudWatchMetric is one metric with one statistic.
type CloudWatchMetric struct {
	Namespace string            `json:"namespace"` // AWS/AuroraDSQL or AWS/Lambda
	Name      string            `json:"name"`
	Statistic string            `json:"statistic"` // Sum, Average, Maximum or a percentile such as p99
	Unit      string            `json:"unit"`      // as the metric's documentation has it
	Total     *float64          `json:"total"`     // sum of Sums, mean of Averages, else the largest; null without a point
	Points    []CloudWatchPoint `json:"points"`
}

// CommitLatency is AWS's name of the time that commits took. Its values are
// medians.
const CommitLatency = "CommitLatency"

// Title is the metric's name for a reader, with what sets it apart from a figure
// of ours that it could be taken for: no p99 may be compared with a median.
func (m *CloudWatchMetric) Title() string {
	if m.Name == CommitLatency {
		return m.Name + ", median (P50)"
	}
	return m.Name
}

// Shown reports whether the metric tells what it seems to: a percentile of
// medians, which older results have, doesn't.
func (m *CloudWatchMetric) Shown() bool {
	return m.Name != CommitLatency || !strings.HasPrefix(m.Statistic, "p")
}

// CloudWatchPoint is one period's value.
type CloudWatchPoint struct {
	At    time.Time `json:"at"` // the period's start
	Value float64   `json:"value"`
}

// Function is the Lambda function as it was configured during a run.
type Function struct {
	Name           string  `json:"name"`
	Runtime        string  `json:"runtime"`
	Architecture   string  `json:"architecture"` // arm64 or x86_64
	MemoryMB       int64   `json:"memory_mb"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
	Version        string  `json:"version"`
	CodeSHA256     string  `json:"code_sha256"`
	// Cluster is the endpoint that its environment names; empty when it names none.
	Cluster string `json:"cluster"`
}
