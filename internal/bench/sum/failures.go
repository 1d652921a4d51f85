package sum

import (
	"cmp"
	"slices"

	"dsql-load-test/internal/bench"
)

// errorsKept is the largest number of invocation errors in a summary.
const errorsKept = 10

// failures holds the invocations that were not acknowledged.
type failures struct {
	kinds map[string]int64        // invocations by kind
	rows  map[string]int64        // rows of invocations without an answer or that couldn't be sent, by kind
	first []bench.InvocationError // the errorsKept errors with the lowest indices
}

func newFailures() failures { return failures{kinds: map[string]int64{}, rows: map[string]int64{}} }

// add adds a result with its account in rows.
func (f *failures) add(r *bench.Result, rows bench.Account) {
	switch {
	case r.Response != nil:
		f.addUnreported(r.Response, rows)
	case rows.Failed+rows.Unknown > 0:
		addCount(f.rows, r.ErrorKind, rows.Failed+rows.Unknown)
	case r.Outcome == bench.NotStarted && r.Error != "": // it could not be sent
		addCount(f.rows, r.ErrorKind, rows.NotStarted)
	}
	if r.Outcome == bench.Acknowledged {
		return
	}
	if r.ErrorKind != "" {
		addCount(f.kinds, r.ErrorKind, 1)
	}
	if r.Error != "" {
		f.keep(bench.InvocationError{Index: r.Index, Error: r.Error})
	}
}

// addUnreported counts the unacknowledged rows for which the answer reports no kind of
// error.
func (f *failures) addUnreported(r *bench.Response, rows bench.Account) {
	n := rows.Failed + rows.Unknown
	for _, e := range r.Errors {
		n -= e.Rows
	}
	if n > 0 {
		addCount(f.rows, other, n)
	}
}

func (f *failures) keep(all ...bench.InvocationError) {
	f.first = append(f.first, all...)
	slices.SortStableFunc(f.first, func(a, b bench.InvocationError) int { return cmp.Compare(a.Index, b.Index) })
	f.first = f.first[:min(len(f.first), errorsKept)]
}

func (f *failures) merge(o *failures) {
	addCounts(f.kinds, o.kinds)
	addCounts(f.rows, o.rows)
	f.keep(o.first...)
}
