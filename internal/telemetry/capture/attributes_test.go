package capture

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Each span's attributes and their values, all of them.
func TestLambdaAttributes(t *testing.T) {
	t.Parallel()
	statement := map[string]string{
		"db.system.name": "postgresql", "db.namespace": "postgres|car_entities_schema", "db.operation.name": "INSERT",
		"db.collection.name": "business_events", "db.query.text": telemetrytest.Query, "server.address": "127.0.0.1", "server.port": "5432",
		"dsqlload.scenario": "individual", "dsqlload.rows": "1", "dsqlload.iteration": "1", "dsqlload.row": "2", "dsqlload.attempts": "1",
		"dsqlload.outcome": "acknowledged", "faas.coldstart": "true",
	}
	handler := map[string]string{
		"faas.trigger": "other", "faas.coldstart": "true", "faas.invocation_id": "request-1", "aws.lambda.invoked_arn": telemetrytest.ARN + ":live",
		"cloud.resource_id": telemetrytest.ARN, "dsqlload.scenario": "individual", "dsqlload.invocation.index": "3", "dsqlload.truncated": "false",
	}
	with := func(m map[string]string, pairs ...string) map[string]string {
		m = maps.Clone(m)
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	batch := func(inv *bench.Invocation) { inv.Scenario, inv.Count, inv.Iterations = bench.Batch, 50, 20 }
	phase := map[string]string{}
	want := func(statement, attempt, handler map[string]string) map[string]map[string]string {
		all := map[string]map[string]string{telemetry.StatementName: statement, "attempt": attempt, "dsql-load-test": handler}
		for _, s := range telemetrytest.Connecting() {
			all[string(s.Phase)] = with(phase, "dsqlload.phase", string(s.Phase))
		}
		return all
	}
	for _, tc := range []struct {
		name      string
		inv       func(*bench.Invocation)
		change    func(*bench.Failure)
		truncated bool
		want      map[string]map[string]string
	}{
		{"acknowledged", nil, nil, false, want(statement, map[string]string{"dsqlload.attempt": "1"}, handler)},
		{
			"failed by the database", nil, func(s *bench.Failure) { s.Outcome, s.Kind, s.SQLSTATE = bench.Failed, "40001", "40001" }, false,
			want(
				with(statement, "dsqlload.outcome", "failed", "error.type", "40001", "db.response.status_code", "40001"),
				map[string]string{"dsqlload.attempt": "1", "error.type": "40001", "db.response.status_code": "40001"}, handler),
		},
		{
			"connection lost", nil, func(s *bench.Failure) { s.Outcome, s.Kind = bench.Unknown, "connection_lost" }, true,
			want(
				with(statement, "dsqlload.outcome", "unknown", "error.type", "connection_lost"),
				map[string]string{"dsqlload.attempt": "1", "error.type": "connection_lost"}, with(handler, "dsqlload.truncated", "true")),
		},
		{
			"batch", batch, nil, false,
			want(
				with(statement, "dsqlload.scenario", "batch", "dsqlload.rows", "50", "dsqlload.iteration", "12", "dsqlload.row", "0"),
				map[string]string{"dsqlload.attempt": "1"}, with(handler, "dsqlload.scenario", "batch")),
		},
		{
			"warm-up", func(inv *bench.Invocation) { inv.WarmUp = true }, nil, false,
			want(with(statement, "dsqlload.scenario", "warm-up"), map[string]string{"dsqlload.attempt": "1"}, with(handler, "dsqlload.scenario", "warm-up")),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testLambda(t).Begin(telemetrytest.OnLambda(), telemetrytest.Asked(bench.DetailAll, tc.inv), true, telemetrytest.Query)
			send(o, 12, 20, telemetrytest.Connecting(), tc.change)
			got := map[string]map[string]string{}
			for _, s := range telemetrytest.Read(t, o.End(tc.truncated)).Spans {
				got[s.Name] = telemetrytest.Attributes(s.Attributes)
				telemetrytest.Agree(t, s.Name, s.Attributes)
				bad := s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR
				if _, hasError := got[s.Name]["error.type"]; bad != hasError {
					t.Errorf("%s: failed %v, error.type %v", s.Name, bad, hasError)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLambdaResource(t *testing.T) {
	t.Parallel()
	aws := map[string]string{
		"service.name": "dsql-load-test-lambda", "service.version": "devel", "service.instance.id": "env-0001", "dsqlload.run.id": telemetrytest.RunID,
		"faas.name": "dsql-load-test", "faas.version": "7", "faas.instance": "env-0001", "faas.max_memory": "536870912",
		"cloud.provider": "aws", "cloud.platform": "aws_lambda", "cloud.region": "eu-central-1",
	}
	local := maps.Clone(aws)
	for _, key := range []string{"cloud.provider", "cloud.platform", "cloud.region", "faas.max_memory"} {
		delete(local, key)
	}
	for _, tc := range []struct {
		name   string
		lambda *Lambda
		want   map[string]string
	}{
		{"on AWS", testLambda(t), aws},
		{"local, without a memory limit", testLambda(t, "AWS_EXECUTION_ENV", "", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""), local},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := telemetrytest.Read(t, tc.lambda.Begin(telemetrytest.OnLambda(), telemetrytest.Asked(bench.DetailAuto, nil), false, telemetrytest.Query).End(false))
			if diff := cmp.Diff(tc.want, telemetrytest.Attributes(a.Resource.Resource.Attributes)); diff != "" {
				t.Errorf("of spans: %s", diff)
			}
			if diff := cmp.Diff(tc.want, telemetrytest.Attributes(a.Metrics.Resource.Attributes)); diff != "" {
				t.Errorf("of metrics: %s", diff)
			}
			for key := range tc.want {
				if !slices.Contains(strings.Split(telemetrytest.Documented(t)[key], ", "), "resource") {
					t.Errorf("docs/telemetry.md doesn't have %s on the resource", key)
				}
			}
		})
	}
}

// Each metric's name, unit, kind and attributes.
func TestLambdaMetrics(t *testing.T) {
	t.Parallel()
	l := testLambda(t)
	l.Opened(1)
	o := l.Begin(telemetrytest.OnLambda(), telemetrytest.Asked(bench.DetailLogical, nil), true, telemetrytest.Query)
	send(o, 0, 20, telemetrytest.Connecting(), func(s *bench.Failure) { s.Outcome, s.Kind = bench.Failed, "40001" })
	operation := "db.collection.name db.namespace db.operation.name db.system.name dsqlload.scenario dsqlload.slow error.type server.address server.port"
	want := map[string]string{
		"db.client.operation.duration":     "s histogram: " + operation,
		"dsqlload.phase.duration":          "s histogram: dsqlload.phase dsqlload.scenario dsqlload.slow",
		"dsqlload.rows":                    "{row} counter: dsqlload.outcome dsqlload.scenario",
		"dsqlload.attempts":                "{attempt} counter: dsqlload.scenario error.type",
		"db.client.connection.create_time": "s histogram: db.client.connection.pool.name",
		"db.client.connection.wait_time":   "s histogram: db.client.connection.pool.name",
		"dsqlload.connections":             "{connection} updowncounter: db.client.connection.pool.name",
		"faas.invoke_duration":             "s histogram: dsqlload.scenario",
		"faas.coldstarts":                  "{coldstart} counter: dsqlload.scenario",
	}
	got := map[string]string{}
	for _, m := range telemetrytest.Read(t, o.End(false)).Metrics.ScopeMetrics[0].Metrics {
		kind, attributes := "updowncounter", []*commonpb.KeyValue(nil)
		switch {
		case m.GetExponentialHistogram() != nil:
			kind, attributes = "histogram", m.GetExponentialHistogram().DataPoints[0].Attributes
		case m.GetSum().GetIsMonotonic():
			kind, attributes = "counter", m.GetSum().DataPoints[0].Attributes
		default:
			attributes = m.GetSum().DataPoints[0].Attributes
		}
		got[m.Name] = m.Unit + " " + kind + ": " + strings.Join(slices.Sorted(maps.Keys(telemetrytest.Attributes(attributes))), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	doc, err := os.ReadFile("../../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, is := range want {
		unit, rest, _ := strings.Cut(is, " ")
		kind, _, _ := strings.Cut(rest, ":")
		if row := "| `" + name + "` | " + kind + " | " + unit + " | Lambda"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/telemetry.md has no row %s", row)
		}
	}
}
