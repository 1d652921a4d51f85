package doctor

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
)

func TestUnqualified(t *testing.T) {
	for name, want := range map[string]string{
		"f": "f", "f:alias": "f", "arn:aws:lambda:us-east-1:123456789012:function:f": "arn:aws:lambda:us-east-1:123456789012:function:f",
		"arn:aws:lambda:us-east-1:123456789012:function:f:3": "arn:aws:lambda:us-east-1:123456789012:function:f",
		"123456789012:function:f":                            "123456789012:function:f",
	} {
		if got := unqualified(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestBudget(t *testing.T) {
	for name, c := range map[string]struct {
		inFlight, rate int
		want           string
	}{
		"a burst":         {1000, 100, "ok: 1,000 connections at once, 1,000 are admitted in a burst"},
		"a ramp":          {3000, 100, "ok: 3,000 connections: 1,000 at once, then 100 a second, the last after 20s"},
		"a slower ramp":   {3000, 50, "ok: 3,000 connections: 1,000 at once, then 50 a second as asked for, the last after 40s"},
		"not held back":   {3000, 0, "warning: 3,000 connections: 1,000 at once, then 100 a second; without the driver holding back to that, 2,000 of them are refused at first"},
		"too little held": {3000, 200, "warning: 3,000 connections: 1,000 at once, then 100 a second; without the driver holding back to that, 2,000 of them are refused at first"},
		"too many":        {10001, 100, "failed: 10,001 connections, and a cluster admits 10,000 by default"},
		"the most":        {10000, 100, "ok: 10,000 connections: 1,000 at once, then 100 a second, the last after 1m30s"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Config.Individual.NumLambdas, o.Config.Batch.NumLambdas, o.Config.ConnectRate = c.inFlight, c.inFlight, c.rate
			got := (&exam{o: o}).checkBudget(context.Background())
			if text := string(got.State) + ": " + got.Text; text != c.want || (got.State == OK) != (got.Cure == "") {
				t.Errorf("%s (cure %q)\nwant %s", text, got.Cure, c.want)
			}
		})
	}
}

func TestOpenFiles(t *testing.T) {
	for limit, want := range map[uint64]State{3256: OK, 3255: Failed} {
		if c := ofLimit(limit, 1000, 3); c.State != want || (c.Cure == "") != (want == OK) {
			t.Errorf("%d: %+v", limit, c)
		}
	}
}

// Every name is there once, in an order of its own, for each kind of run.
func TestNames(t *testing.T) {
	for name, o := range map[string]Options{
		"postgresql disk memory connect budget collector prometheus jaeger grafana open files":        {Config: bench.Defaults()},
		"endpoint collector prometheus jaeger grafana open files":                                     {Config: bench.Defaults(), EndpointURL: "http://127.0.0.1:1"},
		"connection login table memory connect budget collector prometheus jaeger grafana open files": {Config: bench.Defaults(), Database: address.Address{URL: "x"}},
		"endpoint connection login table collector prometheus jaeger grafana open files":              {Config: bench.Defaults(), EndpointURL: "http://127.0.0.1:1", Database: address.Address{URL: "x"}},
	} {
		o.Config.Telemetry, o.Getenv, o.TempFolder = bench.TelemetryOff, os.Getenv, os.TempDir()
		var got []string
		for _, c := range Run(context.Background(), o).Checks {
			got = append(got, c.Name)
		}
		if diff := cmp.Diff(name, strings.Join(got, " ")); diff != "" || len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}
