package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
)

// BenchmarkPath compares our paths to PostgreSQL with a bare pgx loop of the same statements on
// the same server: past the front and through it, with and without telemetry. One op is a round
// of each, alternately, on an empty table. It reports medians of the rounds:
//
//	PATH_rate  rows per second, divided by the bare loop's
//	PATH_cpu   CPU time a row of the processes that send statements (the environments),
//	           divided by that of the bare loop's process
//	PATH_us    that CPU time in µs; PATH_rest_us is that of this process, which is driver,
//	           Lambda service and front, and PATH_server_us that of PostgreSQL
func BenchmarkPath(b *testing.B) {
	b.Run("individual", func(b *testing.B) {
		benchmarkPath(b, bench.Individual, bench.Load{NumLambdas: connections, Iterations: 1000, Count: 1})
	})
	b.Run("batch", func(b *testing.B) {
		benchmarkPath(b, bench.Batch, bench.Load{NumLambdas: connections, Iterations: 40, Count: rowsPerBatch})
	})
}

// path is a way of statements to PostgreSQL.
type path struct {
	name     string
	client   *invoke.Client
	observed bool
}

func benchmarkPath(b *testing.B, scenario bench.Scenario, load bench.Load) {
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+startSink(b))
	front, pool, through := startTarget(b, local.Options{OwnConnections: 4 * connections})
	defer stopTarget(b, front, pool)
	direct, other, past := startTarget(b, local.Options{DatabaseURL: front.DatabaseURL, NoFront: true})
	defer stopTarget(b, direct, other)
	plan := bench.Plan{Scenario: scenario, EventType: bench.CarCreated, Concurrency: connections, Load: load}
	paths := []path{{"direct_off", past, false}, {"direct_on", past, true}, {"front_off", through, false}, {"front_on", through, true}}
	loop := loop{URL: front.DatabaseURL, Statements: plan.Statements(), Rows: int(plan.Rows() / plan.Statements())}
	for _, p := range paths { // warm: processes, connections, caches
		truncate(b, pool)
		round(b, p.client, plan, p.observed)
	}
	measured := map[string][]float64{}
	add := func(unit string, v float64) { measured[unit] = append(measured[unit], v) }
	for n := 0; b.Loop(); n++ {
		took := map[string]cost{}
		for i := range len(paths) + 1 { // each begins a round equally often
			truncate(b, pool)
			if k := (i + n) % (len(paths) + 1); k < len(paths) {
				took[paths[k].name] = round(b, paths[k].client, plan, paths[k].observed)
			} else {
				took["bare"] = loop.run(b)
			}
		}
		bare, rows := took["bare"], float64(plan.Rows())
		for name, c := range took {
			add(name+"_us", 1e6*c.clients/rows)
			add(name+"_server_us", 1e6*c.server/rows)
			if name != "bare" {
				add(name+"_rate", bare.took.Seconds()/c.took.Seconds())
				add(name+"_cpu", c.clients/bare.clients)
				add(name+"_rest_us", 1e6*c.own/rows)
			}
		}
		add("bare_rows/s", rows/bare.took.Seconds())
	}
	for unit, values := range measured {
		b.ReportMetric(median(values), unit)
	}
}

// loopRole is the role of a process that sends statements in a plain loop over pgx.
const loopRole = "bare-loop"

// loop is the task of that process and its result.
type loop struct {
	URL        string  `json:"url"`
	Statements int64   `json:"statements"`
	Rows       int     `json:"rows"` // a statement
	Seconds    float64 `json:"seconds"`
	CPU        float64 `json:"cpu"` // seconds
	Problem    string  `json:"problem"`
}

// run starts the process and returns its cost, without that of connecting.
func (l loop) run(b *testing.B) cost {
	b.Helper()
	before := usedCPU(b)
	runChild(b, loopRole, "BARE_LOOP", &l)
	if l.Problem != "" {
		b.Fatal(l.Problem)
	}
	return cost{took: time.Duration(l.Seconds * float64(time.Second)), clients: l.CPU, server: usedCPU(b).server - before.server}
}

// bareLoop is the process.
func bareLoop() {
	var l loop
	err := json.Unmarshal([]byte(os.Getenv("BARE_LOOP")), &l)
	if err == nil {
		err = l.measure(context.Background())
	}
	if err != nil {
		l.Problem = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(l) // the parent notices that nothing came
}

// measure makes rows beforehand and only fills in new ids, so it is the upper limit for any
// client of pgx's pool.
func (l *loop) measure(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, fmt.Sprintf("%s&pool_max_conns=%d", l.URL, connections))
	if err != nil {
		return err
	}
	defer pool.Close()
	args, sql := l.args(), dsql.InsertSQL(l.Rows)
	if err := each(func(int) error { // connect and prepare
		c, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer c.Release()
		_, err = c.Conn().Prepare(ctx, sql, sql)
		return err
	}); err != nil {
		return err
	}
	start, cpu := time.Now(), cpuTime()
	err = each(func(int) error {
		own := append([]any(nil), args...)
		for range l.Statements / connections { // shared out as invocations are
			for i := 0; i < len(own); i += bench.RowParameters {
				own[i] = uuid.NewString()
			}
			if tag, err := pool.Exec(ctx, sql, own...); err != nil || tag.RowsAffected() != int64(l.Rows) {
				return fmt.Errorf("%v: %w", tag, err)
			}
		}
		return nil
	})
	l.Seconds, l.CPU = time.Since(start).Seconds(), cpuTime()-cpu
	return err
}

func (l *loop) args() (args []any) {
	generator, err := event.New("bare", 1, bench.CarCreated)
	if err != nil {
		panic(err) // the type is known
	}
	for i := range l.Rows {
		now := time.Now()
		e := generator.Event(nil, event.Position{Row: i}, now)
		args = append(args, string(e.ID), string(e.Name), string(e.Type), now, now, e.Data)
	}
	return args
}

// each calls do at the same time for every connection, and returns an error of one.
func each(do func(connection int) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, connections)
	for i := range connections {
		wg.Go(func() { errs <- do(i) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
