package accounts

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

const (
	runID = "01M850BJEVW2N143JB0YS2GE2T"
	// patience bounds every wait; only a failing test takes as long.
	patience = 30 * time.Second
	// nobody refuses connections.
	nobody = "http://127.0.0.1:1"
)

// counters stands for a Prometheus. It answers in turn, for each of the two
// counters, what a query for it returns; the last answer stays.
type counters struct {
	t           *testing.T
	rows, spans []string
	asked       atomic.Int64
}

// vector is Prometheus' answer of one number.
func vector(rows int64) string {
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1764000000.123,"%d"]}]}}`, rows)
}

const (
	noSeries = `{"status":"success","data":{"resultType":"vector","result":[]}}`
	broken   = "broken" // answered with status 500
)

func (c *counters) start(t *testing.T) string {
	t.Helper()
	c.t = t
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return s.URL
}

func (c *counters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked.Add(1)
	query := r.URL.Query().Get("query")
	for _, want := range []string{`dsqlload_run_id="` + runID + `"`, `dsqlload_outcome="acknowledged"`, `dsqlload_scenario!="warm-up"`} {
		if !strings.Contains(query, want) || r.URL.Path != "/api/v1/query" {
			c.t.Errorf("asked %s for %s, without %s", r.URL.Path, query, want)
		}
	}
	answers := &c.rows // one request after the other
	if strings.Contains(query, "(dsqlload_collector_rows_total{") {
		answers = &c.spans
	} else if !strings.Contains(query, "(dsqlload_rows_total{") {
		c.t.Errorf("asked for %s", query)
	}
	answer := (*answers)[0]
	*answers = (*answers)[min(1, len(*answers)-1):]
	if answer == broken {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = w.Write([]byte(answer))
}

// observed is a run of so many acknowledged rows, half of them in each scenario,
// that are all there.
func observed(rows int64, telemetry *bench.Telemetry) *bench.Record {
	return &bench.Record{
		Run:          bench.Run{ID: runID, StartedAt: time.Now().Add(-time.Minute)},
		Scenario1:    &bench.Summary{Statements: &bench.Account{}, Rows: bench.Account{Planned: rows, Acknowledged: rows / 2}},
		Scenario2:    &bench.Summary{Statements: &bench.Account{}, Rows: bench.Account{Planned: rows, Acknowledged: rows - rows/2}},
		Verification: &bench.Verification{Mode: bench.VerifyFull, IDsAsked: 2 * rows, AcknowledgedPresent: rows, Present: rows + 3},
		Telemetry:    telemetry,
	}
}

// losing is a ledger of which so many were refused.
func losing(n int64) bench.Ledger {
	return bench.Ledger{Driver: bench.Hop{Received: n, Refused: n}, Collector: &bench.Hop{}}
}

func number(n int64) *int64 { return &n }

func TestOf(t *testing.T) {
	t.Parallel()
	const n = 2727
	counts := func(database, prometheus, spans *int64, problem string, missing ...string) *bench.Accounts {
		return &bench.Accounts{
			Acknowledged: n, Database: database, Prometheus: prometheus, Spans: spans,
			Agree: problem == "", Problem: problem, Missing: append([]string{}, missing...),
		}
	}
	short := func(a *bench.Accounts) *bench.Accounts {
		a.Short = true
		return a
	}
	all := number(n)
	for _, c := range []struct {
		name        string
		telemetry   *bench.Telemetry
		change      func(*bench.Record)
		rows, spans string // Prometheus' answers
		want        *bench.Accounts
	}{
		{"four agree", &bench.Telemetry{}, nil, vector(n), vector(n), counts(all, all, all, "")},
		{
			"no spans are exported", &bench.Telemetry{Spans: bench.Ledger{Disabled: "OTEL_TRACES_EXPORTER"}}, nil, vector(n), noSeries,
			counts(all, all, nil, "", "spans: OTEL_TRACES_EXPORTER=none: not asked"),
		},
		{
			"no points are exported", &bench.Telemetry{Points: bench.Ledger{Disabled: "OTEL_METRICS_EXPORTER"}}, nil, noSeries, vector(n),
			counts(all, nil, all, "", "prometheus: OTEL_METRICS_EXPORTER=none: not asked"),
		},
		{"some spans are not kept", &bench.Telemetry{NotKeptRows: 700}, nil, vector(n), vector(n - 700), counts(all, all, number(n-700), "")},
		{"not kept, and counted", &bench.Telemetry{NotKeptRows: 700}, nil, vector(n), vector(n), counts(all, all, all, "the collector's count of spans has 2727 rows, expected 2027")},
		{
			"not kept, and more are missing", &bench.Telemetry{NotKeptRows: 700, DroppedRows: 3, Spans: bench.Ledger{Collector: &bench.Hop{}}}, nil, vector(n), vector(n - 704),
			counts(all, all, number(n-704), "the collector's count of spans has 2023 rows, expected 2024"),
		},
		{"no account of the telemetry", nil, nil, vector(n), vector(n), counts(all, all, all, "")},
		{
			"only counted in the database", nil, func(r *bench.Record) { r.Verification.Mode = bench.VerifyCount },
			vector(n), vector(n), counts(number(n+3), all, all, "the database has 2730 rows, expected 2727"),
		},
		{
			"a function that observes nothing", &bench.Telemetry{}, func(r *bench.Record) {
				r.Scenario2.Statements, r.Verification = nil, &bench.Verification{Mode: bench.VerifyCount, OK: true, RowsBefore: number(1), RowsAfter: number(n + 1)}
			}, vector(n), noSeries,
			counts(nil, all, nil, "", "database: only all rows of the table were counted, whoever wrote them", "spans: the function isn't this suite's and makes none: not asked"),
		},
		{
			"the table was not checked", nil, func(r *bench.Record) { r.Verification = nil },
			vector(n), vector(n), counts(nil, all, all, "", "database: nothing was looked at"),
		},
		{
			"the look was given up", nil, func(r *bench.Record) { r.Verification = &bench.Verification{Mode: bench.VerifyFull} },
			vector(n), vector(n), counts(nil, all, all, "", "database: nothing was looked at"),
		},
		{"rows of dropped spans are missing", &bench.Telemetry{DroppedRows: 40}, nil, vector(n), vector(n - 40), counts(all, all, number(n-40), "")},
		{
			"more are missing than were dropped", &bench.Telemetry{DroppedRows: 40, Spans: bench.Ledger{Collector: &bench.Hop{}}}, nil, vector(n), vector(n - 41),
			counts(all, all, number(n-41), "the collector's count of spans has 2686 rows, expected 2687"),
		},
		{
			"more are missing, and the collector was started anew", &bench.Telemetry{DroppedRows: 40, Spans: bench.Ledger{Unknown: "started anew"}}, nil,
			vector(n), vector(n - 41),
			short(counts(all, all, nil, "", "spans: the collector counts 2686 rows, expected 2687, and it is unknown what the collector did: started anew")),
		},
		{"rows of dropped spans are there", &bench.Telemetry{DroppedRows: 40}, nil, vector(n), vector(n), counts(all, all, all, "the collector's count of spans has 2727 rows, expected 2687")},
		{"rows of spans sent twice, counted once", &bench.Telemetry{ResentRows: 10}, nil, vector(n), vector(n), counts(all, all, all, "")},
		{"rows of spans sent twice, counted twice", &bench.Telemetry{ResentRows: 10}, nil, vector(n), vector(n + 10), counts(all, all, number(n+10), "")},
		{
			"more are counted than were sent twice", &bench.Telemetry{ResentRows: 10, DroppedRows: 3}, nil, vector(n), vector(n + 8),
			counts(all, all, number(n+8), "the collector's count of spans has 2735 rows, expected 2724 to 2734"),
		},
		{
			"dropped spans don't excuse the counter", &bench.Telemetry{DroppedRows: 40, Spans: losing(40), Points: losing(0)}, nil, vector(n - 40), vector(n - 40),
			counts(all, number(n-40), number(n-40), "Prometheus has 2687 rows, expected 2727"),
		},
		{
			"lost points excuse a lower count", &bench.Telemetry{Spans: losing(0), Points: losing(3)}, nil, vector(n - 40), vector(n),
			short(counts(all, nil, all, "", "prometheus: it counts 2687 rows, expected 2727, and telemetry was lost (3)")),
		},
		{"lost points, and the count is there", &bench.Telemetry{Spans: losing(0), Points: losing(3)}, nil, vector(n), vector(n), counts(all, all, all, "")},
		{
			"lost points don't excuse a higher count", &bench.Telemetry{Spans: losing(0), Points: losing(3)}, nil, vector(n + 1), vector(n),
			counts(all, number(n+1), all, "Prometheus has 2728 rows, expected 2727"),
		},
		{
			"superseded points excuse nothing", &bench.Telemetry{Spans: losing(0), Points: bench.Ledger{
				Driver: bench.Hop{Dropped: map[string]int64{bench.Superseded: 9}}, Collector: &bench.Hop{},
			}}, nil, vector(n - 1), vector(n),
			counts(all, number(n-1), all, "Prometheus has 2726 rows, expected 2727"),
		},
		{
			"the collector lost points", &bench.Telemetry{Spans: losing(0), Points: bench.Ledger{Collector: &bench.Hop{Dropped: map[string]int64{"send_failed": 2}}}},
			nil, vector(n - 1), vector(n),
			short(counts(all, nil, all, "", "prometheus: it counts 2726 rows, expected 2727, and telemetry was lost (2)")),
		},
		{
			"what the collector did with points is unknown", &bench.Telemetry{Spans: losing(0), Points: bench.Ledger{Unknown: "started anew"}}, nil, vector(n - 1), vector(n),
			short(counts(all, nil, all, "", "prometheus: it counts 2726 rows, expected 2727, and it is unknown what the collector did: started anew")),
		},
		{
			"more rows are missing than were on the spans lost", &bench.Telemetry{DroppedRows: 40, Spans: losing(40), Points: losing(0)}, nil, vector(n), vector(n - 41),
			counts(all, all, number(n-41), "the collector's count of spans has 2686 rows, expected 2687"),
		},
		{
			"some of these were refused", &bench.Telemetry{DroppedRows: 40, ResentRows: 40, Spans: losing(4), Points: losing(0)}, nil, vector(n), vector(n - 4),
			counts(all, all, number(n-4), ""),
		},
		{
			"some answered without telemetry", &bench.Telemetry{UnreportedInvocations: 1, DroppedRows: 27, Spans: losing(0), Points: losing(0)}, nil, vector(n - 27), vector(n - 27),
			short(counts(all, nil, number(n-27), "", "prometheus: it counts 2700 rows, expected 2727, and 1 invocations gave no telemetry")),
		},
		{
			"an answer that never came, of a function that exports", &bench.Telemetry{Mode: bench.TelemetryOTLP, UnreportedInvocations: 1, Spans: losing(0), Points: losing(0)},
			func(r *bench.Record) { r.Scenario1.Rows.Unknown = 10 }, vector(n + 10), vector(n + 7), counts(all, number(n+10), number(n+7), ""),
		},
		{
			"an answer that never came, of a function that doesn't", &bench.Telemetry{Mode: bench.TelemetryRelay, UnreportedInvocations: 1, Spans: losing(0), Points: losing(0)},
			func(r *bench.Record) { r.Scenario1.Rows.Unknown = 10 }, vector(n + 10), vector(n),
			counts(all, number(n+10), all, "Prometheus has 2737 rows, expected 2727"),
		},
		{
			"each is another", nil, func(r *bench.Record) { r.Verification.AcknowledgedPresent = 1 }, vector(2), vector(3),
			counts(number(1), number(2), number(3), "the database has 1 rows, expected 2727; Prometheus has 2 rows, expected 2727; the collector's count of spans has 3 rows, expected 2727"),
		},
		{
			"nothing of the run", nil, nil, noSeries, noSeries,
			counts(all, nil, nil, "", "prometheus: it has nothing of this run", "spans: it has nothing of this run"),
		},
		{
			"nothing is left to be counted", &bench.Telemetry{DroppedRows: n}, nil, vector(n), noSeries, counts(all, all, number(0), ""),
		},
		{"it is broken", nil, nil, vector(n), broken, counts(all, all, nil, "", "spans: 500 Internal Server Error: broken")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := (&counters{rows: []string{c.rows}, spans: []string{c.spans}}).start(t)
			r := observed(n, c.telemetry)
			if c.change != nil {
				c.change(r)
			}
			if diff := cmp.Diff(c.want, Of(t.Context(), url, 0, r)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestOfNothingAcknowledged(t *testing.T) {
	t.Parallel()
	url := (&counters{rows: []string{noSeries}, spans: []string{noSeries}}).start(t)
	want := &bench.Accounts{Database: number(0), Prometheus: number(0), Spans: number(0), Agree: true, Missing: []string{}}
	r := observed(0, nil)
	r.Verification.IDsAsked = 10
	if diff := cmp.Diff(want, Of(t.Context(), url, patience, r)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A Prometheus that is behind is asked again, until the counts are as they should
// be.
func TestOfBehind(t *testing.T) {
	t.Parallel()
	c := &counters{rows: []string{noSeries, vector(100)}, spans: []string{broken, vector(60), vector(100)}}
	want := &bench.Accounts{Acknowledged: 100, Database: number(100), Prometheus: number(100), Spans: number(100), Agree: true, Missing: []string{}}
	if diff := cmp.Diff(want, Of(t.Context(), c.start(t), patience, observed(100, nil))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if n := c.asked.Load(); n != 2+3 {
		t.Errorf("asked %d times", n)
	}
}

// What can't be asked is missing, and isn't waited for.
func TestOfNobody(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	answers := (&counters{rows: []string{vector(1)}, spans: []string{vector(1)}}).start(t)
	for _, c := range []struct {
		name, url string
		ctx       context.Context
		want      string // why both counts are missing
	}{
		{"not asked", "", t.Context(), "not asked"},
		{"nobody is there", nobody, t.Context(), "127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"given up", answers, gone, strings.TrimPrefix(answers, "http://") + ": context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			got := Of(c.ctx, c.url, 2*patience, observed(100, nil))
			want := &bench.Accounts{Acknowledged: 100, Database: number(100), Agree: true, Missing: []string{"prometheus: " + c.want, "spans: " + c.want}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if took := time.Since(begun); took > patience {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Answers that aren't Prometheus'.
func TestOfOddAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, answer, want string }{
		{"no JSON", "<html>", "invalid character '<' looking for beginning of value"},
		{"nothing", "", "EOF"},
		{"no number", `{"data":{"result":[{"value":[1,"many"]}]}}`, `strconv.ParseFloat: parsing "many": invalid syntax`},
		{"too much", `{"data":"` + strings.Repeat("x", maxAnswer) + `"}`, "its answer has more than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := (&counters{rows: []string{c.answer}, spans: []string{vector(100)}}).start(t)
			got := Of(t.Context(), url, 0, observed(100, nil))
			if got.Prometheus != nil || len(got.Missing) != 1 || !strings.HasSuffix(got.Missing[0], c.want) {
				t.Errorf("%q, want %q", got.Missing, c.want)
			}
		})
	}
}
