package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/postgrestest"
	"dsql-load-test/internal/worker"
)

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// fixture is a Worker on a database of its own, and an administrator's connection.
type fixture struct {
	dsqltest.Database
	t  *testing.T
	w  *worker.Worker
	db *dsql.DB
}

func start(t *testing.T) fixture {
	t.Helper()
	d, db := dsqltest.WithTable(t)
	return fixtureOf(t, d, db)
}

func startWithoutTable(t *testing.T) fixture {
	t.Helper()
	d := dsqltest.New(t)
	return fixtureOf(t, d, d.Open("postgres"))
}

func fixtureOf(t *testing.T, d dsqltest.Database, db *dsql.DB) fixture {
	return fixture{Database: d, t: t, w: worker.New(db, "env-0001", nil, slog.New(slog.DiscardHandler)), db: db}
}

const runID = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"

func (f fixture) rows() int64 {
	f.t.Helper()
	return f.Number("SELECT count(*) FROM " + dsql.Table)
}

// beforeInsert runs PL/pgSQL for each row that is to be inserted.
func (f fixture) beforeInsert(body string) {
	f.t.Helper()
	f.Do("CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + body + " RETURN NEW; END$$")
	f.Do("CREATE TRIGGER before BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION before()")
}

func invocation(s bench.Scenario, iterations, count int) bench.Invocation {
	return bench.Invocation{Scenario: s, Count: count, Iterations: iterations, EventType: bench.CarCreated, Index: 3, RunID: runID, Seed: 1}
}

// eachForm runs a test for each form of the INSERT.
func eachForm(t *testing.T, test func(*testing.T, bench.Form)) {
	t.Parallel()
	for _, form := range bench.Forms() {
		t.Run(string(form), func(t *testing.T) {
			t.Parallel()
			test(t, form)
		})
	}
}

func by(form bench.Form, inv bench.Invocation) bench.Invocation {
	inv.Statement = form
	return inv
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
	payload, err := f.respond(ctx, event)
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
	return *body.Result, errors.Join(check.Response(body.Result, inv, &latency.Decoder{}), checkSeconds(body.Result))
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

// respond returns the whole answer to an event.
func (f fixture) respond(ctx context.Context, event []byte) ([]byte, error) {
	answer, err := f.w.Respond(ctx, event)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(answer)
}
