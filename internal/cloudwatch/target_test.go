package cloudwatch

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

func TestClusterID(t *testing.T) {
	for endpoint, want := range map[string][2]string{
		clusterID + ".dsql.us-east-1.on.aws":      {clusterID, "us-east-1"},
		clusterID + ".dsql-ab12.us-east-1.on.aws": {clusterID, "us-east-1"},
		clusterID:                           {clusterID, ""},
		"":                                  {"", ""},
		"localhost":                         {"", ""},
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ.x":      {"", ""},
		"short.dsql.us-east-1.on.aws":       {"", "us-east-1"},
		clusterID + ".rds.us-east-1.on.aws": {clusterID, ""},
	} {
		if got := [2]string{ClusterID(endpoint), Region(endpoint)}; got != want {
			t.Errorf("%s: %v, want %v", endpoint, got, want)
		}
	}
}

func TestFunctionName(t *testing.T) {
	for named, want := range map[string]string{
		"f": "f", "f:live": "f", "123456789012:function:f": "f",
		"arn:aws:lambda:us-east-1:123456789012:function:f": "f", "arn:aws:lambda:us-east-1:123456789012:function:f:7": "f",
	} {
		if got := functionName(named); got != want {
			t.Errorf("%s: %s, want %s", named, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		name   string
		record bench.Record
		to     time.Time // zero: an error
	}{
		{"a run", bench.Record{Run: bench.Run{StartedAt: began, EndedAt: at(60)}}, at(60)},
		{"killed: the last answer", bench.Record{Run: bench.Run{StartedAt: began}, Scenario1: &bench.Summary{EndedAt: at(40)}, Scenario2: &bench.Summary{EndedAt: at(50)}}, at(50)},
		{"no end", bench.Record{Run: bench.Run{StartedAt: began}}, time.Time{}},
		{"no start", bench.Record{Run: bench.Run{EndedAt: at(60)}}, time.Time{}},
		{"ended before it began", bench.Record{Run: bench.Run{StartedAt: at(60), EndedAt: began}}, time.Time{}},
	} {
		from, to, err := Window(&c.record)
		if (err != nil) != c.to.IsZero() || err == nil && (!from.Equal(began) || !to.Equal(c.to)) {
			t.Errorf("%s: %v to %v, %v, want to %v", c.name, from, to, err, c.to)
		}
	}
}
