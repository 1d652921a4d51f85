package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"dsql-load-test/internal/bench"
)

// originalSums is what a driver that knows the original's keys alone makes of the answers.
type originalSums struct {
	Answered     int `json:"answered"` // with HTTP 200
	SuccessCount int `json:"success_count"`
	ErrorCount   int `json:"error_count"`
	TotalInserts int `json:"total_inserts"`
	Echoed       int `json:"echoed"` // answers that repeat what was asked
	Rates        int `json:"rates"`  // whose rate is that of their rows and duration
}

// originalDriver calls the function so many times, as the original suite's driver does.
type originalDriver func(t *testing.T, endpoint string, e originalEvent, invocations int) originalSums

// inPython is a script of the test, by boto3; nil where that isn't installed or is too
// old for AWS_ENDPOINT_URL.
func inPython() originalDriver {
	const usable = "import boto3; assert tuple(map(int, boto3.__version__.split('.')[:2])) >= (1, 28)"
	if exec.Command("python3", "-c", usable).Run() != nil {
		return nil
	}
	return func(t *testing.T, endpoint string, e originalEvent, invocations int) (s originalSums) {
		t.Helper()
		asked, err := json.Marshal(map[string]any{"function": bench.Defaults().FunctionName, "invocations": invocations, "event": map[string]any{
			"scenario": e.Scenario, "count": e.Count, "iterations": e.Iterations, "event_type": e.EventType,
		}})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("python3", "testdata/original_driver.py")
		cmd.Stdin, cmd.Stderr = bytes.NewReader(asked), os.Stderr
		others := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
		cmd.Env = append(others, "AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("the script: %v", err)
		}
		if err := json.Unmarshal(out, &s); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		return s
	}
}

// inGo makes the same calls.
func inGo(t *testing.T, endpoint string, e originalEvent, invocations int) (s originalSums) {
	t.Helper()
	client := lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	results := make([]originalResult, invocations)
	var g errgroup.Group
	g.SetLimit(8)
	for i := range results {
		e.Index = i
		payload, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		g.Go(func() error {
			out, err := client.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: aws.String(bench.Defaults().FunctionName), Payload: payload})
			if err != nil {
				return err
			}
			var reply struct {
				Body string `json:"body"`
			}
			var body struct {
				Result originalResult `json:"result"`
			}
			if err := json.Unmarshal(out.Payload, &reply); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(reply.Body), &body); err != nil {
				return fmt.Errorf("%s: %w", reply.Body, err)
			}
			results[i] = body.Result
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.Answered = invocations // others are errors of the SDK
	for i, r := range results {
		s.SuccessCount += r.SuccessCount
		s.ErrorCount += r.ErrorCount
		s.TotalInserts += r.TotalInserts
		e.Index = i
		if r.originalEvent == e {
			s.Echoed++
		}
		if math.Abs(r.InsertsPerSecond-float64(r.SuccessCount)/r.DurationMs*1000) < 1 {
			s.Rates++
		}
	}
	return s
}

// A driver that knows the original's keys alone gets right figures from our function,
// also where rows fail and where its time is up.
func TestDriverOfTheOriginal(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	endpoint := lambdaService(t, database)
	hurried := lambdaService(t, database, "--function-timeout", "5s")
	drivers := map[string]originalDriver{"go": inGo}
	if python := inPython(); python != nil {
		drivers["python"] = python
	} else {
		t.Log("no boto3 of 1.28 or newer: the calls are made in Go alone")
	}
	trigger := func(body string) {
		t.Helper()
		// The trigger waits for statements that an invocation left behind, so their rows are there to be removed.
		err := execute(socket, "postgres", `CREATE OR REPLACE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN `+body+` RETURN NEW; END';
			CREATE OR REPLACE TRIGGER hinder BEFORE INSERT ON car_entities_schema.business_events FOR EACH ROW EXECUTE FUNCTION hinder();
			DELETE FROM car_entities_schema.business_events`)
		if err != nil {
			t.Fatal(err)
		}
	}
	const invocations = 6
	for name, drive := range drivers {
		for _, scenario := range bench.Scenarios() {
			for _, kind := range bench.EventTypes() {
				e := originalEvent{Scenario: string(scenario), Count: 5, Iterations: 4, EventType: string(kind)}
				trigger("")
				want := originalSums{Answered: invocations, SuccessCount: 120, TotalInserts: 120, Echoed: invocations, Rates: invocations}
				if diff := cmp.Diff(want, drive(t, endpoint, e, invocations)); diff != "" || inTable(t, socket) != 120 {
					t.Errorf("%s, %s of %s: %d rows in the table, -want +got\n%s", name, scenario, kind, inTable(t, socket), diff)
				}
			}
			e := originalEvent{Scenario: string(scenario), Count: 5, Iterations: 4, EventType: "CarCreated"}
			trigger("IF left(NEW.id, 1) < ''4'' THEN RAISE ''no''; END IF;") // ids are spread
			got := drive(t, endpoint, e, invocations)
			if got.ErrorCount == 0 || got.SuccessCount+got.ErrorCount != 120 || got.TotalInserts != 120 || int64(got.SuccessCount) != inTable(t, socket) {
				t.Errorf("%s, %s with failures: %+v, %d rows in the table", name, scenario, got, inTable(t, socket))
			}
			trigger("PERFORM pg_sleep(0.1);")
			e.Iterations = 100
			got = drive(t, hurried, e, invocations)
			if n := inTable(t, socket); got.ErrorCount < 1000 || got.TotalInserts != invocations*500 || got.SuccessCount+got.ErrorCount != got.TotalInserts || int64(got.SuccessCount) > n || got.SuccessCount == 0 {
				t.Errorf("%s, %s cut short: %+v, %d rows in the table", name, scenario, got, n)
			}
		}
	}
}
