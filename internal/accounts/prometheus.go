package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

var errNothing = errors.New("it has nothing of this run")

// queryTimeout limits one query.
const queryTimeout = 5 * time.Second

// maxAnswer is how many bytes of a response are read. It has one number and some labels.
const maxAnswer = 1 << 20

// prometheus queries the rows of one run.
type prometheus struct {
	backend
	run  string
	from time.Time
}

// rows returns the rows that the run counted itself.
func (p prometheus) rows(ctx context.Context) (int64, error) {
	return p.sum(ctx, "dsqlload_rows_total")
}

// rowsOnSpans returns the rows that the collector counted on the statements' spans.
func (p prometheus) rowsOnSpans(ctx context.Context) (int64, error) {
	return p.sum(ctx, "dsqlload_collector_rows_total")
}

// sum returns the acknowledged rows of a counter, without those of the warm-up.
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
	if err := p.get(ctx, "/api/v1/query?"+url.Values{"query": {promQL}}.Encode(), maxAnswer, &answer); err != nil {
		return 0, err
	}
	if len(answer.Data.Result) == 0 {
		return 0, errNothing
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	n, err := strconv.ParseFloat(text, 64)
	return int64(n), err
}
