package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/fault"
)

// originalEvent is what the original suite's function reads of an event.
type originalEvent struct {
	Scenario   string `json:"scenario"`
	Count      int    `json:"count"`
	Iterations int    `json:"iterations"`
	EventType  string `json:"event_type"`
	Index      int    `json:"lambda_index"`
}

// originalResult is all that it answers.
type originalResult struct {
	SuccessCount     int     `json:"success_count"`
	ErrorCount       int     `json:"error_count"`
	DurationMs       float64 `json:"duration_ms"`
	InsertsPerSecond float64 `json:"inserts_per_second"`
	TotalInserts     int     `json:"total_inserts"`
	originalEvent
}

// foreignFunction speaks the Invoke API as the original suite's function would: ids of
// its own, a connection for each invocation, no second attempt, and rows told by number.
type foreignFunction struct {
	connect  func(context.Context) (*pgx.Conn, error)
	stopsAt  int          // rows after which an invocation answers early; 0 for none
	calls    atomic.Int64 // that were answered
	endpoint string
}

func startForeign(t *testing.T, stopsAt int, connect func(context.Context) (*pgx.Conn, error)) *foreignFunction {
	t.Helper()
	f := &foreignFunction{connect: connect, stopsAt: stopsAt}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		event := originalEvent{Scenario: "individual", Count: 1, Iterations: 10, EventType: "CarCreated"}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil { // of a driver that was killed as it sent
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		status, body := 200, map[string]any{"success": true}
		if result, err := f.insertAll(r.Context(), event); err != nil {
			status, body = 500, map[string]any{"success": false, "error": err.Error()}
		} else {
			body["result"] = result
		}
		text, _ := json.Marshal(body)
		f.calls.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": status, "body": string(text)}) // a caller that is gone is no matter
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.endpoint = server.URL
	return f
}

func (f *foreignFunction) insertAll(ctx context.Context, e originalEvent) (*originalResult, error) {
	if e.Scenario != "individual" && e.Scenario != "batch" {
		return nil, fmt.Errorf("unknown scenario: %s", e.Scenario)
	}
	db, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close(ctx) }()
	r, began := &originalResult{originalEvent: e, TotalInserts: e.Iterations * e.Count}, time.Now()
	rows, each := 1, e.Count
	if e.Scenario == "batch" {
		rows, each = e.Count, 1
	}
	for n := range e.Iterations * each {
		if f.stopsAt > 0 && r.SuccessCount+r.ErrorCount >= f.stopsAt {
			r.TotalInserts = r.SuccessCount + r.ErrorCount
			break
		}
		if err := f.insert(ctx, db, e, n, rows); err != nil {
			r.ErrorCount += rows
		} else {
			r.SuccessCount += rows
		}
	}
	took := time.Since(began)
	r.DurationMs, r.InsertsPerSecond = took.Seconds()*1000, float64(r.SuccessCount)/took.Seconds()
	return r, nil
}

func (f *foreignFunction) insert(ctx context.Context, db *pgx.Conn, e originalEvent, n, rows int) error {
	var values []string
	var args []any
	for k := range rows {
		at := len(args)
		values = append(values, fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d)", at+1, at+2, at+3, at+4, at+5, at+6))
		id := fmt.Sprintf("load-test-%s-%d-%d-%d-%d", e.Scenario, e.Index, n, k, time.Now().UnixMilli())
		args = append(args, id, "Car Created", "CarCreated", time.Now(), time.Now(), "{}") // whatever type was asked for
	}
	_, err := db.Exec(ctx, "INSERT INTO "+dsql.Table+" (id, event_name, event_type, created_date, saved_date, event_data) VALUES "+
		strings.Join(values, ", ")+" ON CONFLICT (id) DO NOTHING", args...)
	return err
}

// socketConnect connects straight to PostgreSQL.
func socketConnect(socket string) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) { return connect(ctx, socket, "postgres") }
}

// originals runs the driver against the function, and returns the results file.
func originals(t *testing.T, f *foreignFunction, socket string, args ...string) (code int, results, stdout, stderr string) {
	t.Helper()
	out := t.TempDir()
	all := append([]string{
		"run", "--endpoint-url", f.endpoint, "--database-url", "postgres:///postgres?user=postgres&host=" + socket, "--telemetry", "off", "--out", out,
		"--config", filepath.Join(out, "none.json"),
	}, args...)
	if err := os.WriteFile(filepath.Join(out, "none.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = drive(all...)
	files := resultsFiles(out)
	if len(files) != 1 {
		t.Fatalf("results files %v, exit code %d: %s%s", files, code, stdout, stderr)
	}
	return code, files[0], stdout, stderr
}

// contains reports each text that isn't there.
func contains(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is missing in\n%s", what, w, text)
		}
	}
}

// The original's function through every command: what it tells is used, what it
// doesn't is nowhere a number, and nothing is said to be lost.
func TestFunctionOfTheOriginal(t *testing.T) {
	socket := startDatabase(t)
	f := startForeign(t, 0, socketConnect(socket))
	junit := filepath.Join(t.TempDir(), "checks.xml")
	code, results, stdout, stderr := originals(t, f, socket, "--num-lambdas", "6", "--iterations", "4", "--count", "5", "--warm-up", "3", "--verify", "count", "--junit", junit,
		"--threshold", "batch.throughput>1", "--threshold", "batch.p99<60m", "--threshold", "individual.warm_p99<60m", "--threshold", "cold_starts==0", "--threshold", "failed==0", "--threshold", "errors==0")
	if code != exitThreshold {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	contains(t, "progress", stderr, "the function isn't this suite's: it counts the rows itself", "threshold batch.p99<60m fails: the function doesn't report that figure", "threshold cold_starts==0 fails")
	contains(t, "summary", stdout, "VERDICT: VALID", "NOTE     individual: the function isn't this suite's", "NOTE     batch: the function isn't this suite's",
		"120 planned = 120 acknowledged + 0 failed + 0 unknown + 0 not started", "Statements:                n/a", "Cold starts:               n/a", "Batch Latency:             min n/a",
		"3 rows in the table before, 243 after: 240 more", "warning: 3 rows of the warm-up stay in the table: the ids of the function's rows are its own",
		"Thresholds: 6 of 9 NOT met")
	if n := inTable(t, socket); n != 243 {
		t.Errorf("%d rows in the table, want 120 + 120 and 3 of the warm-up", n)
	}
	foreign := text(t, results)
	contains(t, "results", foreign, `"attempts": null`, `"rows_affected": null`, `"retried": null`, `"environments": null`, `"truncated_lambdas": null`, `"cold_starts": null`,
		`"slowest_statements": null`, `"clock_offset_ms": null`, `"cold_start": null`, `"rows_before": 3`, `"rows_after": 243`, `"rows_left": 3`)
	contains(t, "JUnit", text(t, junit), `batch p99 is n/a: the function doesn&#39;t report statements`, `tests="15" failures="6"`)
	r, err := readRecord(results)
	if err != nil {
		t.Fatal(err)
	}
	for _, second := range append(r.Scenario1.Timeline, r.Scenario2.Timeline...) {
		if second.Rows != nil || second.Statements != nil || second.Errors != nil || second.ColdStarts != nil {
			t.Errorf("second %+v", second)
		}
	}

	database := []string{"--database-url", "postgres:///postgres?user=postgres&host=" + socket}
	code, stdout, stderr = drive(append([]string{"verify", results}, database...)...)
	if code != exitUsage || stdout != "" || text(t, results) != foreign {
		t.Errorf("verify: exit code %d, %s", code, stdout)
	}
	contains(t, "verify", stderr, "error: "+results+": the function doesn't tell which statements were acknowledged", "hint: driver run --verify count")
	code, stdout, stderr = drive(append([]string{"cleanup", results}, database...)...)
	if code != exitIncomplete || stdout != "" || inTable(t, socket) != 243 {
		t.Errorf("cleanup: exit code %d, %s", code, stdout)
	}
	contains(t, "cleanup", stderr, "it isn't known which rows to remove", "hint: nothing was removed")

	for format, wanted := range map[string][]string{
		"text": {"Statements:                n/a"}, "markdown": {"| Cold starts | n/a | n/a |", "| Statement p99 | n/a | n/a |"}, "csv": {"Z,,,,,,,,,,"}, "json": {`"attempts": null`},
		"junit": {`failures="6"`}, "html": {"The function doesn&#39;t report single statements", "doesn&#39;t report in which second it wrote its rows"},
	} {
		code, stdout, stderr := drive("report", results, "--format", format)
		if format == "html" {
			stdout = text(t, strings.TrimSuffix(results, ".json")+".html")
		}
		if code != exitComplete {
			t.Errorf("report as %s: exit code %d: %s", format, code, stderr)
		}
		contains(t, "report as "+format, stdout, wanted...)
	}
	_, again, _, _ := originals(t, f, socket, "--num-lambdas", "6", "--iterations", "4", "--count", "5", "--warm-up", "0")
	code, stdout, stderr = drive("compare", results, again)
	if code != exitComplete {
		t.Errorf("compare: exit code %d: %s", code, stderr)
	}
	contains(t, "compare", stdout, "throughput (rows/s)", "mean invocation latency", "batch p99.9: missing in ")
	if !regexp.MustCompile(`(?m)^  p99 +n/a +n/a +n/a +not tested$`).MatchString(stdout) || strings.Contains(stdout, "retries") {
		t.Errorf("compare sets against each other what isn't known: %s", stdout)
	}
	if code, stdout, _ := drive("history", "--out", filepath.Dir(results)); code != exitComplete || !strings.Contains(stdout, "VALID") {
		t.Errorf("history: exit code %d: %s", code, stdout)
	}
}

// Without a word on how to verify, a function whose ids aren't known costs no failure;
// asked for what can't be had, the run refuses that.
func TestVerifyingTheOriginals(t *testing.T) {
	socket := startDatabase(t)
	f := startForeign(t, 0, socketConnect(socket))
	small := []string{"--scenario", "1", "--num-lambdas", "3", "--iterations", "2"}
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"--warm-up", "2"}, exitComplete, []string{"VERDICT: VALID", "the table was not checked: the function doesn't report which rows it wrote", "--verify count counts all rows of the table before and after"}},
		{[]string{"--warm-up", "2", "--verify", "full"}, exitIncomplete, []string{"VERDICT: SUSPECT", "PROBLEM: the function doesn't tell which statements were acknowledged"}},
		{[]string{"--no-warm-up", "--verify", "count"}, exitComplete, []string{"VERDICT: VALID", "6 more, whoever wrote them"}},
		{[]string{"--no-warm-up", "--event-type", "random"}, exitComplete, []string{"event type random was asked for: a function that doesn't know this type may have written another one"}},
	} {
		code, _, stdout, stderr := originals(t, f, socket, append(append([]string{}, small...), c.args...)...)
		if code != c.code {
			t.Errorf("%v: exit code %d, want %d: %s%s", c.args, code, c.code, stdout, stderr)
		}
		contains(t, strings.Join(c.args, " "), stdout, c.says...)
	}
	if err := execute(socket, "postgres", "CREATE RULE nowhere AS ON INSERT TO car_entities_schema.business_events DO INSTEAD NOTHING"); err != nil {
		t.Fatal(err)
	}
	code, _, stdout, _ := originals(t, f, socket, append(small, "--no-warm-up", "--verify", "count", "--skip-checks")...)
	if code != exitIncomplete {
		t.Errorf("rows that aren't there: exit code %d", code)
	}
	contains(t, "rows that aren't there", stdout, "VERDICT: INVALID", "6 rows acknowledged by the function's word, and the table has")
}

// A failed row of such a function may be in the table: it is unknown. One that stops
// early has told how far it came.
func TestFailuresOfTheOriginals(t *testing.T) {
	socket := startDatabase(t)
	if err := execute(socket, "postgres", "CREATE SCHEMA IF NOT EXISTS car_entities_schema"); err != nil {
		t.Fatal(err)
	}
	faults, err := fault.Parse("drop=10%")
	if err != nil {
		t.Fatal(err)
	}
	conflicts, err := fault.Parse("conflict=10%")
	if err != nil {
		t.Fatal(err)
	}
	target, err := local.Start(context.Background(), local.Options{
		FunctionName: "unused", Region: "us-east-1", DatabaseURL: "postgres:///postgres?user=postgres&host=" + url.QueryEscape(socket), InFlight: 1, FunctionTimeout: time.Minute,
		Faults: fault.List{faults, conflicts}, Seed: 7, CertificateFolder: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Stop(); err != nil {
			t.Error(err)
		}
	})
	for _, variable := range target.Credentials() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	host, port := target.Front.Host(), target.Front.Port()
	f := startForeign(t, 15, func(ctx context.Context) (*pgx.Conn, error) {
		token, err := address.Token(ctx, address.Address{Host: host, Endpoint: host, Port: port, User: "load_test", Region: "us-east-1"})
		if err != nil {
			return nil, err
		}
		config, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=load_test dbname=postgres sslmode=verify-full sslrootcert=%s", host, port, target.Front.CAFile()))
		if err != nil {
			return nil, err
		}
		config.Password = strings.Replace(token, host, fmt.Sprintf("%s:%d", host, port), 1) // as the original makes it
		return pgx.ConnectConfig(ctx, config)
	})
	code, results, stdout, stderr := originals(t, f, socket, "--scenario", "1", "--num-lambdas", "40", "--iterations", "20", "--no-warm-up", "--verify", "count")
	if code != exitIncomplete {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	r, err := readRecord(results)
	if err != nil {
		t.Fatal(err)
	}
	rows, injected := r.Scenario1.Rows, target.Injected()
	if injected["drop-after"] == 0 || injected["conflict"] == 0 {
		t.Fatalf("injected %v: the test shows nothing", injected)
	}
	there := inTable(t, socket)
	if !rows.Balanced() || rows.Failed != 0 || rows.Unknown == 0 || rows.NotStarted == 0 || there < rows.Acknowledged || there > rows.Acknowledged+rows.Unknown {
		t.Errorf("rows %+v, %d in the table, injected %v", rows, there, injected)
	}
	contains(t, "summary", stdout, "VERDICT: SUSPECT", "hint: the function doesn't say what became of", "its log may")
	t.Logf("rows %+v, %d in the table, injected %v", rows, there, injected)
}

// A threshold on what the function doesn't tell ends a run that is to end on one,
// before anything is measured where the warm-up told.
func TestThresholdEndsARunOfTheOriginals(t *testing.T) {
	socket := startDatabase(t)
	f := startForeign(t, 0, socketConnect(socket))
	code, results, stdout, stderr := originals(t, f, socket, "--num-lambdas", "5", "--warm-up", "2", "--threshold", "p99<60m", "--abort-on-fail")
	if code != exitThreshold || f.calls.Load() != 2 {
		t.Errorf("exit code %d after %d calls: %s%s", code, f.calls.Load(), stdout, stderr)
	}
	if r, err := readRecord(results); err != nil || r.Run.Status != bench.Interrupted {
		t.Errorf("%+v, %v", r, err)
	}
	f.calls.Store(0)
	code, _, stdout, stderr = originals(t, f, socket, "--num-lambdas", "50", "--concurrency", "1", "--no-warm-up", "--threshold", "p99<60m", "--abort-on-fail")
	if code != exitThreshold || f.calls.Load() > 3 {
		t.Errorf("without a warm-up: exit code %d after %d calls: %s%s", code, f.calls.Load(), stdout, stderr)
	}
}

// Warm-ups that fail may have left rows; no warning says so if there are none.
func TestFailedWarmUpOfTheOriginals(t *testing.T) {
	socket := startDatabase(t)
	f := startForeign(t, 0, func(context.Context) (*pgx.Conn, error) { return nil, errors.New("no way") })
	code, results, stdout, stderr := originals(t, f, socket, "--scenario", "1", "--num-lambdas", "1", "--iterations", "1", "--warm-up", "4")
	if code != exitIncomplete || f.calls.Load() != 4 {
		t.Errorf("exit code %d after %d calls", code, f.calls.Load())
	}
	contains(t, "messages", stderr, "error: the warm-up acknowledged none of its 4 rows, so the run ends here\nerror: function_failed: 4 invocations\nerror: the first: status 500: no way\n")
	contains(t, "summary", stdout, "warning: 4 of 4 warm-up invocations failed", "ended the run: 4 of 4 invocations failed; the first: status 500: no way")
	contains(t, "summary", stdout, "up to 4 rows of the warm-up may stay in the table: no answer says whose ids they have", "NOTE     no answer says whether the function is this suite's")
	if strings.Contains(stdout, "warning: 0 rows") || !bytes.Contains([]byte(text(t, results)), []byte(`"unknown": 4`)) {
		t.Errorf("summary: %s", stdout)
	}
}

// A results file that the original suite wrote beside one of ours.
func TestCompareWithTheOriginals(t *testing.T) {
	code, stdout, stderr := drive("compare", "../internal/report/testdata/results_20251220_101112.json", "../internal/report/testdata/version_2.json")
	if code != exitComplete {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	golden(t, stdout, "compare", "original.txt")
}

// What the warm-up showed of the function holds for a run whose other calls all fail.
func TestOriginalsThatFailAfterTheWarmUp(t *testing.T) {
	socket := startDatabase(t)
	calls := atomic.Int64{}
	f := startForeign(t, 0, func(ctx context.Context) (*pgx.Conn, error) {
		if calls.Add(1) > 2 {
			return nil, errors.New("no way")
		}
		return connect(ctx, socket, "postgres")
	})
	_, results, stdout, _ := originals(t, f, socket, "--scenario", "1", "--num-lambdas", "2", "--iterations", "2", "--warm-up", "2")
	contains(t, "summary", stdout, "the function isn't this suite's", "warning: 2 rows of the warm-up stay in the table")
	database := "postgres:///postgres?user=postgres&host=" + socket
	before := text(t, results)
	for command, want := range map[string]int{"verify": exitUsage, "cleanup": exitIncomplete} {
		code, _, stderr := drive(command, results, "--database-url", database)
		if code != want || text(t, results) != before || inTable(t, socket) != 2 {
			t.Errorf("%s: exit code %d, want %d", command, code, want)
		}
		contains(t, command, stderr, "the function doesn't tell which statements were acknowledged")
	}
}

// A driver that was killed leaves a journal, which tells of the function's kind too.
func TestKilledWithTheOriginals(t *testing.T) {
	socket := startDatabase(t)
	gate := make(chan struct{})
	calls := atomic.Int64{}
	f := startForeign(t, 0, func(ctx context.Context) (*pgx.Conn, error) {
		if calls.Add(1) > 3 {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
		return connect(ctx, socket, "postgres")
	})
	defer close(gate)
	database := "postgres:///postgres?user=postgres&host=" + socket
	p := startRunWith(t, nil, "--endpoint-url", f.endpoint, "--database-url", database, "--telemetry", "off", "--scenario", "2", "--num-lambdas", "8", "--iterations", "2", "--count", "5", "--no-warm-up", "--concurrency", "1")
	journal := ""
	eventually.True(t, "three invocations in the journal", func() bool {
		found, err := filepath.Glob(filepath.Join(p.out, "*.journal"))
		if err != nil || len(found) == 0 {
			return false
		}
		journal = found[0]
		return strings.Count(read(t, journal), "\n") >= 3
	})
	kill(t, p.cmd.Process.Pid)
	<-p.ended
	results := strings.TrimSuffix(journal, ".journal") + ".json"
	for command, want := range map[string]int{"verify": exitUsage, "cleanup": exitIncomplete} {
		code, _, stderr := drive(command, results, "--database-url", database)
		if code != want || inTable(t, socket) < 30 {
			t.Errorf("%s: exit code %d, want %d", command, code, want)
		}
		contains(t, command, stderr, "the function doesn't tell which statements were acknowledged")
	}
}
