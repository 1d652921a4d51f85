package cloudwatch

import (
	"testing"
	"time"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

const (
	clusterID = "abcdefghijklmnopqrstuvwxyz"
	region    = "eu-west-1"
)

// began is the start of the run that the tests are about; it isn't on a minute.
var began = time.Date(2026, 11, 23, 20, 0, 30, 0, time.UTC)

// minute is a minute after the hour in which it began.
func minute(n int) time.Time { return began.Truncate(time.Minute).Add(time.Duration(n) * time.Minute) }

// user gives the test made-up credentials, and nobody's configuration.
func user(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_CLOUDWATCH": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": "",
	} {
		t.Setenv(name, value)
	}
}

// options are those of a run of two minutes and a half, looked at long after it.
func options(c *awsapi.CloudWatch) Options {
	return Options{
		Region: region, ClusterID: clusterID, FunctionName: "load-test", From: began, To: began.Add(150 * time.Second),
		EndpointURL: c.URL, MaxBackoff: time.Millisecond, Now: func() time.Time { return minute(60) },
	}
}

func clusterSeries(metric, statistic string) awsapi.CloudWatchSeries {
	return awsapi.CloudWatchSeries{Namespace: Cluster, Metric: metric, Statistic: statistic, Dimension: "ClusterId=" + clusterID}
}

func functionSeries(metric, statistic string) awsapi.CloudWatchSeries {
	return awsapi.CloudWatchSeries{Namespace: Function, Metric: metric, Statistic: statistic, Dimension: "FunctionName=load-test"}
}

// measured serves a run's metrics: minutes before and after the window too.
func measured(t *testing.T) *awsapi.CloudWatch {
	t.Helper()
	user(t)
	c := awsapi.NewCloudWatch(t)
	c.Put(clusterSeries("TotalTransactions", "Sum"), minute(-1), time.Minute, 7, 100, 200, 50, 9)
	c.Put(clusterSeries("OccConflicts", "Sum"), minute(0), time.Minute, 1, 0, 2)
	c.Put(clusterSeries("CommitLatency", "Average"), minute(0), time.Minute, 4, 6, 8)
	c.Put(clusterSeries("CommitLatency", "Maximum"), minute(0), time.Minute, 40, 90, 80)
	c.Put(clusterSeries("TotalDPU", "Sum"), minute(0), time.Minute, 10.5, 20, 5)
	c.Put(functionSeries("Invocations", "Sum"), minute(0), time.Minute, 10, 20, 5)
	c.Put(functionSeries("ConcurrentExecutions", "Maximum"), minute(1), time.Minute, 12)
	return c
}

// find is one of the metrics fetched.
func find(t *testing.T, c *bench.CloudWatch, name, statistic string) bench.CloudWatchMetric {
	t.Helper()
	for _, m := range c.Metrics {
		if m.Name == name && m.Statistic == statistic {
			return m
		}
	}
	t.Fatalf("no metric %s %s", name, statistic)
	return bench.CloudWatchMetric{}
}

func ptr(v float64) *float64 { return &v }
