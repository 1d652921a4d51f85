package cost

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with that of a file.
func golden(t *testing.T, got string, path ...string) {
	t.Helper()
	file := filepath.Join(append([]string{"testdata"}, path...)...)
	if *updateGolden {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func builtInPrices(t *testing.T) Prices {
	t.Helper()
	p, err := Read("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDryRun(t *testing.T) {
	for _, c := range []struct {
		name     string
		function *bench.Function
		change   func(*bench.Config)
	}{
		{name: "local", change: func(*bench.Config) {}},
		{
			name: "aws", function: &bench.Function{MemoryMB: 512, Architecture: "x86_64"},
			change: func(c *bench.Config) {
				c.Origin["target"] = "--region"
				c.Target, c.Region, c.Verify, c.EventType = bench.AWS, "eu-west-1", bench.VerifyCount, bench.Random
				c.Individual.NumLambdas, c.Batch.NumLambdas = 2500, 2500
			},
		},
		{name: "bare", change: func(c *bench.Config) {
			c.Origin["target"] = "lambda_function_name in config.json:2:26"
			c.Target, c.WarmUp, c.Verify, c.ConnectRate = bench.AWS, 0, bench.VerifyOff, 0
			c.Statement = bench.ByUnnest
			c.Scenarios, c.Batch.NumLambdas, c.Batch.Count = []bench.Scenario{bench.Batch}, 12_000, 3000
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := bench.Defaults()
			config.Seed = 42
			c.change(&config)
			var b strings.Builder
			if err := Foresee(config, c.function, builtInPrices(t), true).Write(&b, false); err != nil {
				t.Fatal(err)
			}
			golden(t, b.String(), c.name+".golden.txt")
		})
	}
}

func TestDryRunJSON(t *testing.T) {
	config := bench.Defaults()
	config.Seed, config.Concurrency, config.ConnectRate = 42, 1250, 50
	config.Batch.NumLambdas = 1300
	var b strings.Builder
	if err := Foresee(config, nil, builtInPrices(t), true).Write(&b, true); err != nil {
		t.Fatal(err)
	}
	var got Forecast
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	sheet := got.Cost.Estimate
	got.Cost.Estimate = nil
	want := Forecast{
		Target: bench.Local, TargetFrom: "the default", Region: "us-east-1", FunctionName: "dsql-load-test-lambda",
		Statement: bench.ByValues,
		Plans: []ForecastPlan{
			{Name: "warm-up", Invocations: 1000, Iterations: 1, Statements: 1000, RowsPerStatement: 1, Rows: 1000, InFlight: 1000},
			{Name: "individual", Invocations: 1000, Iterations: 10, Statements: 10_000, RowsPerStatement: 1, Rows: 10_000, InFlight: 1000},
			{Name: "batch", Invocations: 1300, Iterations: 10, Statements: 13_000, RowsPerStatement: 100, Rows: 1_300_000, InFlight: 1250},
		},
		// 250 connections after the burst at 50/s; a second thousand of environments.
		Connections:  ForecastConnects{AtOnce: 1250, Burst: 1000, RatePerSecond: 50, RampSeconds: 5, LambdaRampSeconds: 10},
		Verification: ForecastVerify{Mode: bench.VerifyFull, Queries: 4 + 520, Deletions: 1},
		Cost:         bench.Cost{Currency: "USD", Region: "us-east-1", PricesDate: "2026-07"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if sheet == nil || sheet.Requests != 3300 || sheet.TotalUSD < 0.1 || sheet.TotalUSD > 1 || len(sheet.Basis) < 6 {
		t.Errorf("estimate %+v", sheet)
	}
}
