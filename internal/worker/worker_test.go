package worker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/worker"
)

// clusterURL is the variable that TestMain hands the throwaway cluster on in.
const clusterURL = "TEST_CLUSTER_URL"

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if child.Role() == postgres.Role {
		postgres.Keep()
		return
	}
	os.Exit(withCluster(m))
}

func withCluster(m *testing.M) int {
	s, err := postgres.Start(context.Background(), postgres.Options{MaxConnections: 100})
	if err == nil {
		err = os.Setenv(clusterURL, s.URL)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = s.Stop() }() // the keeper cleans up in any case
	return m.Run()
}

const runID = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"

// fixture is a Worker on a database of its own, and an administrator's eye.
type fixture struct {
	t     *testing.T
	w     *worker.Worker
	db    *dsql.DB
	admin *pgx.Conn
}

func start(t *testing.T) fixture {
	t.Helper()
	f := startWithoutTable(t)
	if err := f.db.Table().Ensure(context.Background()); err != nil {
		t.Fatal(err)
	}
	return f
}

func startWithoutTable(t *testing.T) fixture {
	t.Helper()
	ctx, name := context.Background(), "t"+strings.ToLower(rand.Text()) // another with -count
	first, err := pgx.Connect(ctx, os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		t.Fatal(err)
	}
	_ = first.Close(ctx)
	u, err := url.Parse(os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	admin, err := pgx.Connect(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(ctx) }) // the cluster goes anyway
	db, err := dsql.Open(ctx, u.String(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return fixture{t: t, w: worker.New(db, "env-0001", nil, slog.New(slog.DiscardHandler)), db: db, admin: admin}
}

func (f fixture) do(sql string) {
	f.t.Helper()
	if _, err := f.admin.Exec(context.Background(), sql); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
}

func (f fixture) number(sql string) (n int64) {
	f.t.Helper()
	if err := f.admin.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (f fixture) rows() int64 {
	f.t.Helper()
	return f.number("SELECT count(*) FROM " + dsql.Table)
}

// beforeInsert runs PL/pgSQL for each row that is to be inserted.
func (f fixture) beforeInsert(body string) {
	f.t.Helper()
	f.do("CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + body + " RETURN NEW; END$$")
	f.do("CREATE TRIGGER before BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION before()")
}

func invocation(s bench.Scenario, iterations, count int) bench.Invocation {
	return bench.Invocation{Scenario: s, Count: count, Iterations: iterations, EventType: bench.CarCreated, Index: 3, RunID: runID, Seed: 1}
}

func withoutRetries(inv bench.Invocation) bench.Invocation {
	inv.Retries = new(int)
	return inv
}

// invoke wants success, and an answer that the driver would trust.
func (f fixture) invoke(ctx context.Context, inv bench.Invocation) bench.Response {
	f.t.Helper()
	r, err := f.try(ctx, inv)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f fixture) try(ctx context.Context, inv bench.Invocation) (r bench.Response, err error) {
	event, err := json.Marshal(inv)
	if err != nil {
		return r, err
	}
	payload, err := f.w.Invoke(ctx, event)
	if err != nil {
		return r, err
	}
	status, body, err := read(payload)
	if err != nil {
		return r, err
	}
	if status != 200 || !body.Success || body.Result == nil || body.Error != "" {
		return r, fmt.Errorf("payload %s, want a success", payload)
	}
	return *body.Result, errors.Join(new(bench.Checker).Check(body.Result, inv), checkSeconds(body.Result))
}

// checkSeconds compares what the seconds hold by kind with what the whole holds.
func checkSeconds(r *bench.Response) error {
	failed, retried, whole := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, s := range r.Timeline {
		for kind, n := range s.ErrorKinds {
			failed[kind] += n
		}
		for kind, n := range s.Retried {
			retried[kind] += n
		}
	}
	for _, e := range r.Errors {
		whole[e.Kind] += e.Statements
	}
	again := map[string]int64{}
	maps.Copy(again, r.Retried)
	if diff := cmp.Diff([]map[string]int64{whole, again}, []map[string]int64{failed, retried}); diff != "" {
		return fmt.Errorf("errors and retries, -whole +seconds\n%s", diff)
	}
	return nil
}

func read(payload []byte) (status int, body bench.ReplyBody, err error) {
	var reply bench.Reply
	if err := json.Unmarshal(payload, &reply); err != nil {
		return 0, body, err
	}
	return reply.StatusCode, body, json.Unmarshal([]byte(reply.Body), &body)
}

func counts(r bench.Response) [4]int64 {
	return [4]int64{r.SuccessCount, r.ErrorCount, r.TotalInserts, r.RowsAffected}
}

// The answer as a client of the original reads it: its keys, in its order and
// with its meanings; ours come after them.
func TestResponseShape(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, tc := range []struct {
		name, event string
		original    string // with the measured values as 0
		ours        string
	}{
		{
			"individual",
			`{"scenario": "individual", "count": 2, "iterations": 3, "event_type": "LoanCreated", "lambda_index": 5, "run_id": "` + runID + `"}`,
			`"success_count":6,"error_count":0,"duration_ms":0,"inserts_per_second":0,"total_inserts":6,"scenario":"individual",` +
				`"iterations":3,"count":2,"event_type":"LoanCreated","lambda_index":5`,
			`"run_id":"` + runID + `","started_us":0,"statements":{"planned":6,"acknowledged":6,"failed":0,"unknown":0,"not_started":0},` +
				`"rows_affected":6,"attempts":6,"truncated":false,"cold_start":true,"environment_id":"env-0001","latency":`,
		},
		{
			"batch in a body",
			`{"body": "{\"scenario\": \"batch\", \"count\": 50, \"iterations\": 4, \"event_type\": \"random\", \"run_id\": \"` + runID + `\"}"}`,
			`"success_count":200,"error_count":0,"duration_ms":0,"inserts_per_second":0,"total_inserts":200,"scenario":"batch",` +
				`"iterations":4,"count":50,"event_type":"random","lambda_index":0`,
			`"run_id":"` + runID + `","started_us":0,"statements":{"planned":4,"acknowledged":4,"failed":0,"unknown":0,"not_started":0},` +
				`"rows_affected":200,"attempts":4,"truncated":false,"cold_start":false,"environment_id":"env-0001","latency":`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			payload, err := f.w.Invoke(context.Background(), []byte(tc.event))
			if err != nil {
				t.Fatal(err)
			}
			_, body, err := read(payload)
			if err != nil || body.Result == nil {
				t.Fatalf("payload %s, error %v", payload, err)
			}
			r := body.Result
			if perSecond := float64(r.SuccessCount) / (r.DurationMs / 1000); r.DurationMs <= 0 || r.InsertsPerSecond < 0.999*perSecond || r.InsertsPerSecond > 1.001*perSecond {
				t.Errorf("%v rows/s in %v ms, want %v", r.InsertsPerSecond, r.DurationMs, perSecond)
			}
			if age := time.Since(time.UnixMicro(r.StartedUs)); age < 0 || age > time.Minute {
				t.Errorf("started %v ago", age)
			}
			var reply struct {
				StatusCode int
				Body       string
			}
			strict := json.NewDecoder(bytes.NewReader(payload))
			strict.DisallowUnknownFields()
			if err := strict.Decode(&reply); err != nil || reply.StatusCode != 200 {
				t.Errorf("status %d, error %v", reply.StatusCode, err)
			}
			number := func(v float64) string {
				text, _ := json.Marshal(v) // it always encodes
				return string(text)
			}
			got := strings.NewReplacer(
				`"duration_ms":`+number(r.DurationMs), `"duration_ms":0`,
				fmt.Sprintf(`"started_us":%d`, r.StartedUs), `"started_us":0`,
				`"inserts_per_second":`+number(r.InsertsPerSecond), `"inserts_per_second":0`).Replace(reply.Body)
			want := `{"success":true,"result":{` + tc.original + "," + tc.ours
			if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRowsAreThere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		inv        bench.Invocation
		statements int64
	}{
		{"individual", invocation(bench.Individual, 4, 3), 12},
		{"batch", invocation(bench.Batch, 4, 25), 4},
		{"batch of one", invocation(bench.Batch, 2, 1), 2},
		{"largest batch", invocation(bench.Batch, 1, bench.MaxTransactionRows), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			r := f.invoke(context.Background(), tc.inv)
			rows := tc.inv.Rows()
			if diff := cmp.Diff([4]int64{rows, 0, rows, rows}, counts(r)); diff != "" {
				t.Error(diff)
			}
			if got := f.rows(); got != rows {
				t.Errorf("%d rows in the table, want %d", got, rows)
			}
			if r.Latency.Count != tc.statements || r.Attempts != tc.statements || len(r.Errors) != 0 {
				t.Errorf("%d latencies, %d attempts, errors %v, want %d", r.Latency.Count, r.Attempts, r.Errors, tc.statements)
			}
			var ended, inTime int64
			for _, s := range r.Timeline {
				ended += s.Statements
				inTime += s.Rows
			}
			if ended != tc.statements || inTime != rows {
				t.Errorf("timeline has %d statements and %d rows", ended, inTime)
			}
			if want := min(int(tc.statements), bench.SlowestKept); len(r.Slowest) != want {
				t.Errorf("%d slowest, want %d", len(r.Slowest), want)
			}
			if !slices.IsSortedFunc(r.Slowest, func(a, b bench.Statement) int { return int(b.LatencyUs - a.LatencyUs) }) {
				t.Error("slowest are not in order")
			}
		})
	}
}

func TestSentTwice(t *testing.T) {
	t.Parallel()
	for _, inv := range []bench.Invocation{invocation(bench.Individual, 5, 2), invocation(bench.Batch, 5, 20)} {
		t.Run(string(inv.Scenario), func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.invoke(context.Background(), inv)
			r := f.invoke(context.Background(), inv)
			rows := inv.Rows()
			if diff := cmp.Diff([4]int64{0, rows, rows, 0}, counts(r)); diff != "" {
				t.Error(diff)
			}
			if got := f.rows(); got != rows {
				t.Errorf("%d rows in the table, want %d", got, rows)
			}
			want := []bench.ErrorCount{{
				Kind: failure.AlreadyPresent, Statements: int64(inv.Statements()), Rows: rows,
				Message: fmt.Sprintf("0 of %d rows inserted, the others' ids were in the table", inv.RowsPerStatement()),
			}}
			if diff := cmp.Diff(want, r.Errors); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Without a run id each invocation is a run of its own.
func TestWithoutRunID(t *testing.T) {
	t.Parallel()
	f := start(t)
	inv := invocation(bench.Individual, 5, 1)
	inv.RunID = ""
	first, second := f.invoke(context.Background(), inv), f.invoke(context.Background(), inv)
	if first.RunID == "" || first.RunID == second.RunID || f.rows() != 10 {
		t.Errorf("run ids %q and %q, %d rows, want two ids and 10 rows", first.RunID, second.RunID, f.rows())
	}
}

func TestTableMissing(t *testing.T) {
	t.Parallel()
	f := startWithoutTable(t)
	r := f.invoke(context.Background(), invocation(bench.Batch, 6, 10))
	if want := (bench.Account{Planned: 6, Failed: 6}); *r.Statements != want {
		t.Errorf("statements %+v, want %+v", *r.Statements, want)
	}
	want := []bench.ErrorCount{{Kind: "42P01", Message: `relation "car_entities_schema.business_events" does not exist`, Statements: 6, Rows: 60}}
	if diff := cmp.Diff(want, r.Errors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bench.Ranges{{0, 6}}, r.Failed); diff != "" {
		t.Error(diff)
	}
	if r.Attempts != 6 || r.Truncated {
		t.Errorf("%d attempts, truncated %v", r.Attempts, r.Truncated)
	}
}

// The loop goes on after an error.
func TestSomeFail(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.do("CREATE SEQUENCE nth")
	f.beforeInsert("IF nextval('nth') IN (2, 3, 6) THEN RAISE 'not this one' USING ERRCODE = '40001'; END IF;")
	r := f.invoke(context.Background(), withoutRetries(invocation(bench.Individual, 8, 1)))
	if diff := cmp.Diff([4]int64{5, 3, 8, 5}, counts(r)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bench.Ranges{{1, 3}, {5, 6}}, r.Failed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]bench.ErrorCount{{Kind: "40001", Message: "not this one", Statements: 3, Rows: 3}}, r.Errors); diff != "" {
		t.Error(diff)
	}
	var failed []int
	for _, s := range r.Slowest {
		if s.Outcome == bench.Failed && s.Error == "40001" {
			failed = append(failed, s.Iteration)
		}
	}
	slices.Sort(failed)
	if diff := cmp.Diff([]int{1, 2, 5}, failed); diff != "" {
		t.Errorf("failed among the slowest: %s", diff)
	}
	if got := f.rows(); got != 5 {
		t.Errorf("%d rows in the table, want 5", got)
	}
}

// A conflict is tried again, what can't succeed isn't.
func TestRetry(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.do("CREATE SEQUENCE nth")
	f.beforeInsert("CASE nextval('nth') WHEN 2, 3, 6 THEN RAISE 'conflict' USING ERRCODE = '40001';" +
		" WHEN 8 THEN RAISE 'too large' USING ERRCODE = '54000'; ELSE NULL; END CASE;")
	r := f.invoke(context.Background(), invocation(bench.Individual, 8, 1))
	if diff := cmp.Diff(&bench.Account{Planned: 8, Acknowledged: 7, Failed: 1}, r.Statements); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"40001": 3}, r.Retried); diff != "" || r.Attempts != 11 {
		t.Errorf("%d attempts, want 11; retried %s", r.Attempts, diff)
	}
	if diff := cmp.Diff([]bench.ErrorCount{{Kind: "54000", Message: "too large", Statements: 1, Rows: 1}}, r.Errors); diff != "" {
		t.Error(diff)
	}
	if got := f.rows(); got != 7 {
		t.Errorf("%d rows in the table, want 7", got)
	}
}

// Each of the slowest statements says where its time went, the late ones of a long
// invocation too, and what the database refused it with. Unobserved, none does.
func TestSlowestTellPhases(t *testing.T) {
	t.Parallel()
	const statements, slow = 250, 60 // the last ones
	lambda, err := telemetry.NewLambda(t.Context(), func(string) string { return "" }, "env-0001", telemetry.Database{Host: "h", Name: "postgres", Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		lambda *telemetry.Lambda
		detail bench.TraceDetail
	}{
		{"in detail", lambda, bench.DetailAll},
		{"without detail", lambda, bench.DetailLogical},
		{"unobserved", nil, bench.DetailAll},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.w = worker.New(f.db, "env-0001", tc.lambda, slog.New(slog.DiscardHandler))
			f.do("CREATE SEQUENCE nth")
			f.beforeInsert(fmt.Sprintf("IF nextval('nth') > %d THEN PERFORM pg_sleep(0.02);", statements-slow) +
				" IF currval('nth') % 3 = 0 THEN RAISE 'too large' USING ERRCODE = '54000'; END IF; END IF;")
			inv := invocation(bench.Individual, statements, 1)
			inv.Telemetry = &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: tc.detail}
			r := f.invoke(context.Background(), inv)
			if len(r.Slowest) != bench.SlowestKept {
				t.Fatalf("%d slowest", len(r.Slowest))
			}
			late, failed := 0, 0
			for _, s := range r.Slowest {
				observed := tc.lambda != nil
				queries := slices.DeleteFunc(slices.Clone(s.Phases), func(p bench.PhaseTime) bool { return p.Phase != "query" })
				if (len(queries) == 1) != observed || (len(s.Phases) > 0) != observed || (s.SpanID != "") != observed || (s.TraceID != "") != observed {
					t.Errorf("phases %v, trace %q, span %q of %+v", s.Phases, s.TraceID, s.SpanID, s)
				}
				if s.Detailed != (observed && tc.detail == bench.DetailAll) {
					t.Errorf("iteration %d: detailed %v", s.Iteration, s.Detailed)
				}
				if s.Iteration >= statements-slow {
					late++
					if observed && len(queries) == 1 && queries[0].Ms < 20 {
						t.Errorf("iteration %d slept 20 ms, and its query took %v ms", s.Iteration, queries[0].Ms)
					}
				}
				sqlstate := ""
				if s.Outcome == bench.Failed {
					failed, sqlstate = failed+1, "54000"
				}
				if s.Error != sqlstate || s.SQLSTATE != sqlstate {
					t.Errorf("%s, error %q, SQLSTATE %q, want %q", s.Outcome, s.Error, s.SQLSTATE, sqlstate)
				}
			}
			if late == 0 || failed == 0 {
				t.Errorf("%d of the slowest are late ones and %d failed: the test tests nothing", late, failed)
			}
		})
	}
}

// It answers before Lambda's deadline, with what it did until then.
func TestDeadline(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.beforeInsert("PERFORM pg_sleep(1);")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // of which 2 s are left for the answer
	defer cancel()
	r := f.invoke(ctx, invocation(bench.Individual, 100, 1))
	if ctx.Err() != nil {
		t.Error("the answer came after the deadline")
	}
	a := *r.Statements
	if !r.Truncated || !a.Balanced() || a.Acknowledged < 1 || a.NotStarted < 80 || a.Failed != 0 || a.Unknown > 1 {
		t.Errorf("truncated %v, statements %+v", r.Truncated, a)
	}
	// Who knows the original's keys alone must not take this for all that was asked.
	if r.TotalInserts != 100 || r.SuccessCount != a.Acknowledged || r.ErrorCount != 100-a.Acknowledged {
		t.Errorf("%d rows in all, %d written, %d not, of %+v", r.TotalInserts, r.SuccessCount, r.ErrorCount, a)
	}
	if a.Unknown == 1 && (len(r.Errors) != 1 || r.Errors[0].Kind != failure.TimedOut) {
		t.Errorf("errors %+v, want one timeout", r.Errors)
	}
	if got := f.rows(); got < a.Acknowledged || got > a.Acknowledged+a.Unknown {
		t.Errorf("%d rows in the table for %+v", got, a)
	}
}

func TestDeadlinePassed(t *testing.T) {
	t.Parallel()
	f := start(t)
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	r := f.invoke(ctx, invocation(bench.Batch, 4, 10))
	if want := (bench.Account{Planned: 4, NotStarted: 4}); *r.Statements != want || !r.Truncated || f.rows() != 0 {
		t.Errorf("statements %+v, truncated %v, %d rows, want none started", *r.Statements, r.Truncated, f.rows())
	}
}

// The connection is killed under the first statement; the others have a new one.
func TestConnectionKilled(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.do("CREATE TABLE slow(); INSERT INTO slow DEFAULT VALUES")
	f.beforeInsert("IF EXISTS (SELECT FROM slow) THEN PERFORM pg_sleep(30); END IF;")
	inv := withoutRetries(invocation(bench.Batch, 5, 1))
	type end struct {
		r   bench.Response
		err error
	}
	ended := make(chan end, 1)
	go func() {
		r, err := f.try(context.Background(), inv)
		ended <- end{r, err}
	}()
	pid := f.sleeper()
	f.do("DELETE FROM slow")
	f.do(fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
	var e end
	select {
	case e = <-ended:
	case <-time.After(patience):
		t.Fatal("the invocation hangs")
	}
	if e.err != nil {
		t.Fatal(e.err)
	}
	if want := (bench.Account{Planned: 5, Acknowledged: 4, Failed: 1}); *e.r.Statements != want || f.rows() != 4 {
		t.Errorf("statements %+v, %d rows, want %+v and 4", *e.r.Statements, f.rows(), want)
	}
	if len(e.r.Errors) != 1 || e.r.Errors[0].Kind != "57P01" {
		t.Errorf("errors %+v, want one 57P01", e.r.Errors)
	}
	if diff := cmp.Diff(bench.Ranges{{0, 1}}, e.r.Failed); diff != "" {
		t.Error(diff)
	}
}

// sleeper waits for an INSERT that sleeps and answers its backend's pid.
func (f fixture) sleeper() (pid int64) {
	f.t.Helper()
	const query = `SELECT coalesce(max(pid), 0) FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE 'INSERT INTO car_entities%'`
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if pid = f.number(query); pid != 0 {
			return pid
		}
		if time.Now().After(end) {
			f.t.Fatal("no INSERT is running")
		}
	}
}

func TestColdStartOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	const n = 4
	cold := make(chan bool, n)
	for i := range n { // at once, as an environment with several loops has them
		go func() {
			inv := invocation(bench.Individual, 1, 1)
			inv.Index = i
			r, err := f.try(context.Background(), inv)
			if err != nil {
				t.Error(err)
			}
			cold <- r.ColdStart
		}()
	}
	colds := 0
	for range n {
		if <-cold {
			colds++
		}
	}
	if colds != 1 || f.rows() != n {
		t.Errorf("%d of %d were cold, %d rows, want one cold and %d rows", colds, n, f.rows(), n)
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, tc := range []struct {
		name, event, want string
		rows              int64 // that count as errors for a driver that knows the original's keys alone
	}{
		{"scenario", `{"scenario": "bulk"}`, "scenario = bulk: must be one of individual, batch", 10},
		{"two faults on one line", `{"scenario": "bulk", "iterations": 0}`, "must be one of individual, batch; iterations = 0", 0},
		{"no JSON", `count`, "request: invalid character", 10},
		{"a batch too large", `{"scenario": "batch", "iterations": 2, "count": 5000}`, "count = 5000", 10_000},
		{"without end", `{"iterations": 9223372036854775807, "count": 9223372036854775807}`, "count = 9223372036854775807", 0},
		{"below none", `{"iterations": -5, "count": -5}`, "count = -5", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			payload, err := f.w.Invoke(context.Background(), []byte(tc.event))
			if err != nil {
				t.Fatal(err)
			}
			status, body, err := read(payload)
			if err != nil || status != 500 || body.Success || !body.Refused || body.Result == nil || body.Result.ErrorCount != tc.rows || body.Result.TotalInserts != tc.rows || body.Result.SuccessCount != 0 {
				t.Fatalf("payload %s, error %v, want status 500", payload, err)
			}
			if !strings.Contains(body.Error, tc.want) || strings.Contains(body.Error, "\n") {
				t.Errorf("error %q, want %q in one line", body.Error, tc.want)
			}
		})
	}
	if f.rows() != 0 {
		t.Error("a refused event wrote rows")
	}
}
