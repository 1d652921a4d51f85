package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"dsql-load-test/internal/bench"
)

// Backends are where a run's telemetry ends up; an empty URL isn't asked.
type Backends struct {
	Prometheus string
	Tempo      string
	// Settle is how long they may take to show what the collector passed on.
	Settle time.Duration
}

const poll = 500 * time.Millisecond

// Accounts sets the four counts of a run's acknowledged rows side by side. It
// asks until they agree, for Settle at most.
func Accounts(ctx context.Context, b Backends, r *bench.Record) *bench.Accounts {
	a := &bench.Accounts{Missing: []string{}}
	for _, s := range r.Summaries() {
		a.Acknowledged += s.Rows.Acknowledged
	}
	a.Database = inDatabase(r.Verification)
	if a.Database == nil {
		a.Missing = append(a.Missing, "database: nothing was looked at")
	}
	// Rows whose spans were dropped are accounted for in the ledger.
	dropped := int64(0)
	if r.Telemetry != nil {
		dropped = r.Telemetry.DroppedRows
	}
	deadline := time.Now().Add(b.Settle)
	query := queries{run: r.Run.ID, from: r.Run.StartedAt.Add(-time.Minute)}
	var missing string
	if a.Prometheus, missing = until(ctx, deadline, a.Acknowledged, func() (int64, error) { return query.prometheus(ctx, b.Prometheus) }); missing != "" {
		a.Missing = append(a.Missing, "prometheus: "+missing)
	}
	if a.Tempo, missing = until(ctx, deadline, a.Acknowledged-dropped, func() (int64, error) { return query.tempo(ctx, b.Tempo) }); missing != "" {
		a.Missing = append(a.Missing, "tempo: "+missing)
	}
	a.Problem = parted(a, dropped)
	a.Agree = a.Problem == ""
	return a
}

// inDatabase is nil when nothing was counted.
func inDatabase(v *bench.Verification) *int64 {
	switch {
	case v == nil || v.IDsAsked == 0:
		return nil
	case v.Mode == bench.VerifyFull:
		return &v.AcknowledgedPresent
	case v.Mode == bench.VerifyCount:
		return &v.Present
	}
	return nil
}

// until asks until the answer is want or the time is up; missing says why there
// is no answer.
func until(ctx context.Context, deadline time.Time, want int64, ask func() (int64, error)) (got *int64, missing string) {
	for {
		n, err := ask()
		if errors.Is(err, errNothing) && want == 0 {
			n, err = 0, nil // there is no series where nothing was counted
		}
		switch {
		case errors.Is(err, errNotAsked):
			return nil, err.Error()
		case err != nil && got == nil:
			missing = err.Error()
		case err == nil:
			got, missing = &n, ""
		}
		refused := errors.Is(err, syscall.ECONNREFUSED) // nobody is there
		if got != nil && *got == want || refused || time.Now().After(deadline) || ctx.Err() != nil {
			return got, missing
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
		}
	}
}

// parted says which counts aren't as they should be.
func parted(a *bench.Accounts, dropped int64) string {
	var parts []string
	differs := func(name string, got *int64, want int64) {
		if got != nil && *got != want {
			parts = append(parts, fmt.Sprintf("%s has %d rows, expected %d", name, *got, want))
		}
	}
	differs("the database", a.Database, a.Acknowledged)
	differs("Prometheus", a.Prometheus, a.Acknowledged)
	differs("Tempo", a.Tempo, a.Acknowledged-dropped)
	return strings.Join(parts, "; ")
}

var (
	errNotAsked = errors.New("not asked")
	errNothing  = errors.New("it has nothing of this run")
)

// queries ask for one run's rows.
type queries struct {
	run  string
	from time.Time
}

func (q queries) prometheus(ctx context.Context, base string) (int64, error) {
	promQL := fmt.Sprintf(`sum(last_over_time(dsqlload_rows_total{dsqlload_run_id=%q,dsqlload_outcome="acknowledged",dsqlload_scenario!="warm-up"}[%ds]))`,
		q.run, int(time.Since(q.from).Seconds())+60)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := get(ctx, base, "/api/v1/query", url.Values{"query": {promQL}}, &answer); err != nil {
		return 0, err
	}
	if len(answer.Data.Result) == 0 {
		return 0, errNothing
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	n, err := strconv.ParseFloat(text, 64)
	return int64(n), err
}

func (q queries) tempo(ctx context.Context, base string) (int64, error) {
	traceQL := fmt.Sprintf(`{ resource.dsqlload.run.id = %q && name = "INSERT business_events" && span.dsqlload.outcome = "acknowledged" && span.dsqlload.scenario != "warm-up" } | sum_over_time(span.dsqlload.rows)`, q.run)
	var answer struct {
		Series []struct {
			Value float64 `json:"value"`
		} `json:"series"`
	}
	err := get(ctx, base, "/api/metrics/query", url.Values{
		"q": {traceQL}, "start": {strconv.FormatInt(q.from.Unix(), 10)}, "end": {strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)},
	}, &answer)
	if err != nil {
		return 0, err
	}
	if len(answer.Series) == 0 {
		return 0, errNothing
	}
	return int64(answer.Series[0].Value), nil
}

// get decodes a JSON answer into to.
func get(ctx context.Context, base, path string, query url.Values, to any) error {
	if base == "" {
		return errNotAsked
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if failed := new(url.Error); errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", request.URL.Host, failed.Err) // the whole URL is no help
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(text[:min(len(text), 200)])))
	}
	return json.Unmarshal(text, to)
}
