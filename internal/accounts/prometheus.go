package accounts

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
	"time"
)

var (
	errNotAsked = errors.New("not asked")
	errNothing  = errors.New("it has nothing of this run")
)

// queryTimeout bounds one question to Prometheus.
const queryTimeout = 5 * time.Second

// maxAnswer is how much of an answer of Prometheus is read, in bytes: one number
// and some labels.
const maxAnswer = 1 << 20

// prometheus asks for one run's rows.
type prometheus struct {
	base string
	run  string
	from time.Time
}

// rows are those that the run counted itself.
func (p prometheus) rows(ctx context.Context) (int64, error) {
	return p.sum(ctx, "dsqlload_rows_total")
}

// rowsOnSpans are those that the collector summed over the statements' spans.
func (p prometheus) rowsOnSpans(ctx context.Context) (int64, error) {
	return p.sum(ctx, "dsqlload_collector_rows_total")
}

// sum is a counter of acknowledged rows, the warm-up's left out.
func (p prometheus) sum(ctx context.Context, counter string) (int64, error) {
	promQL := fmt.Sprintf(`sum(last_over_time(%s{dsqlload_run_id=%q,dsqlload_outcome="acknowledged",dsqlload_scenario!="warm-up"}[%ds]))`,
		counter, p.run, int(time.Since(p.from).Seconds())+60)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := get(ctx, p.base, "/api/v1/query", url.Values{"query": {promQL}}, maxAnswer, &answer); err != nil {
		return 0, err
	}
	if len(answer.Data.Result) == 0 {
		return 0, errNothing
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	n, err := strconv.ParseFloat(text, 64)
	return int64(n), err
}

// statusError is an answer that isn't 200.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return e.text }

// get decodes a JSON answer of at most limit bytes into to.
func get(ctx context.Context, base, path string, query url.Values, limit int64, to any) error {
	if base == "" {
		return errNotAsked
	}
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
	defer func() { _ = response.Body.Close() }() // read as far as it is wanted
	body := &io.LimitedReader{R: response.Body, N: limit}
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(body, 200))
		if err != nil {
			return err
		}
		return &statusError{response.StatusCode, fmt.Sprintf("%s: %s", response.Status, strings.TrimSpace(string(text)))}
	}
	if err := json.NewDecoder(body).Decode(to); err != nil {
		if body.N <= 0 {
			return fmt.Errorf("%s: its answer has more than %d MiB", request.URL.Host, limit>>20)
		}
		return fmt.Errorf("%s: %w", request.URL.Host, err)
	}
	return nil
}
