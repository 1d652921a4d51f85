package cloudwatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"dsql-load-test/internal/bench"
)

// found is one metric with one statistic, with the data so far.
type found struct {
	metric bench.CloudWatchMetric
	status types.StatusCode
	said   string // CloudWatch's message about the data
}

// ask adds all data of CloudWatch to c. Data that arrived before an error stays.
func ask(ctx context.Context, client *cloudwatch.Client, o Options, c *bench.CloudWatch, step time.Duration) error {
	queries, results := queriesOf(o, step)
	if len(queries) == 0 {
		return nil
	}
	byID := map[string]*found{}
	for i, q := range queries {
		byID[*q.Id] = &results[i]
	}
	pages := cloudwatch.NewGetMetricDataPaginator(client, &cloudwatch.GetMetricDataInput{
		StartTime: &c.From, EndTime: &c.To, ScanBy: types.ScanByTimestampAscending, MetricDataQueries: queries,
	}, func(p *cloudwatch.GetMetricDataPaginatorOptions) { p.StopOnDuplicateToken = true })
	var err error
	for pages.HasMorePages() && err == nil {
		var page *cloudwatch.GetMetricDataOutput
		if page, err = pages.NextPage(ctx); err == nil {
			take(byID, page)
		}
	}
	for i := range results {
		settle(&results[i].metric)
		results[i].metric.Partial = results[i].status != types.StatusCodeComplete
		if err == nil || len(results[i].metric.Points) > 0 {
			c.Metrics = append(c.Metrics, results[i].metric)
		}
	}
	if err != nil {
		return err
	}
	c.Problem = partial(results)
	return nil
}

// queriesOf returns a query for each metric and statistic, and at the same index the place for
// its result.
func queriesOf(o Options, step time.Duration) ([]types.MetricDataQuery, []found) {
	dimensions := map[string]types.Dimension{}
	if o.ClusterID != "" {
		dimensions[Cluster] = types.Dimension{Name: aws.String("ClusterId"), Value: aws.String(o.ClusterID)}
	}
	if o.FunctionName != "" {
		dimensions[Function] = types.Dimension{Name: aws.String("FunctionName"), Value: aws.String(functionName(o.FunctionName))}
	}
	var queries []types.MetricDataQuery
	var results []found
	for _, m := range metrics() {
		dimension, known := dimensions[m.namespace]
		for _, statistic := range m.statistics {
			if !known {
				continue
			}
			queries = append(queries, types.MetricDataQuery{
				Id: aws.String(fmt.Sprintf("m%d", len(queries))), ReturnData: aws.Bool(true),
				MetricStat: &types.MetricStat{
					Period: aws.Int32(int32(step / time.Second)), Stat: aws.String(statistic),
					Metric: &types.Metric{Namespace: aws.String(m.namespace), MetricName: aws.String(m.name), Dimensions: []types.Dimension{dimension}},
				},
			})
			results = append(results, found{metric: bench.CloudWatchMetric{
				Namespace: m.namespace, Name: m.name, Statistic: statistic, Unit: m.unit, Points: []bench.CloudWatchPoint{},
			}})
		}
	}
	return queries, results
}

// take adds the points of a page. The last status of a result counts, because earlier ones only
// say that more pages follow.
func take(byID map[string]*found, page *cloudwatch.GetMetricDataOutput) {
	for _, r := range page.MetricDataResults {
		f := byID[aws.ToString(r.Id)]
		if f == nil {
			continue
		}
		f.status = r.StatusCode
		for _, message := range r.Messages {
			f.said = aws.ToString(message.Value)
		}
		for i := range min(len(r.Timestamps), len(r.Values)) {
			f.metric.Points = append(f.metric.Points, bench.CloudWatchPoint{At: r.Timestamps[i].UTC(), Value: r.Values[i]})
		}
	}
}

// settle sorts the points by time and sets Total.
func settle(m *bench.CloudWatchMetric) {
	slices.SortStableFunc(m.Points, func(a, b bench.CloudWatchPoint) int { return a.At.Compare(b.At) })
	if len(m.Points) == 0 {
		return
	}
	sum, most := 0.0, m.Points[0].Value
	for _, p := range m.Points {
		sum += p.Value
		most = max(most, p.Value)
	}
	total := most // the worst minute
	switch m.Statistic {
	case "Sum":
		total = sum
	case "Average":
		total = sum / float64(len(m.Points))
	}
	m.Total = &total
}
