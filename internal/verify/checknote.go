package verify

import (
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
)

// check returns the first value of a note that can't be true of the invocation, as a
// *bench.Fault.
func (n note) check(asked bench.Invocation) error {
	outcomes := []bench.Outcome{bench.Acknowledged, bench.Failed, bench.Unknown, bench.NotStarted}
	if !slices.Contains(outcomes, n.Outcome) {
		return &bench.Fault{Key: "outcome", Value: fmt.Sprintf("%q", n.Outcome), Allowed: "one of acknowledged, failed, unknown, not_started"}
	}
	a := n.Statements
	if a == nil {
		a = &bench.Account{}
		if len(n.Failed)+len(n.Unknown) > 0 {
			return &bench.Fault{Key: "statements", Value: "missing", Allowed: "there, with failed and unknown"}
		}
	} else if fault := checkAccount(*a, int64(asked.Statements())); fault != nil {
		return fault
	}
	started := a.Planned - a.NotStarted
	for _, set := range []struct {
		key    string
		ranges bench.Ranges
		count  int64
	}{{"failed", n.Failed, a.Failed}, {"unknown", n.Unknown, a.Unknown}} {
		if !check.Disjoint(started, set.ranges) {
			return &bench.Fault{Key: set.key, Value: "no set of statements", Allowed: fmt.Sprintf("intervals [from, to), ascending, within 0 to %d", started)}
		}
		if set.ranges.Len() != set.count {
			return &bench.Fault{Key: set.key, Value: fmt.Sprintf("a set of %d", set.ranges.Len()), Allowed: fmt.Sprintf("of %d, as statements.%s", set.count, set.key)}
		}
	}
	if !check.Disjoint(started, n.Failed, n.Unknown) {
		return &bench.Fault{Key: "unknown", Value: "a set with statements that failed", Allowed: "of others"}
	}
	return n.checkPlace(started)
}

// checkPlace checks environment and times of the invocation.
func (n note) checkPlace(started int64) error {
	if len(n.Environment) > check.MaxText {
		return &bench.Fault{Key: "environment_id", Value: fmt.Sprintf("a text of %d bytes", len(n.Environment)), Allowed: fmt.Sprintf("%d at most", check.MaxText)}
	}
	if most := int64(check.LatestUnix * 1_000_000); n.SentUs < 0 || n.SentUs > most {
		return &bench.Fault{Key: "sent_us", Value: n.SentUs, Allowed: fmt.Sprintf("0 to %d", most)}
	}
	if len(n.Seconds) == 0 {
		return nil
	}
	left := started
	for _, second := range n.Seconds {
		if second[0] < 0 || second[0] > check.LatestUnix || second[1] < 1 || second[1] > left {
			return &bench.Fault{Key: "seconds", Value: fmt.Sprintf("a list with %v", second), Allowed: fmt.Sprintf("seconds of 1970 to 2100, each with 1 or more of the %d statements started", started)}
		}
		left -= second[1]
	}
	if left > 0 {
		return &bench.Fault{Key: "seconds", Value: fmt.Sprintf("a list of %d statements", started-left), Allowed: fmt.Sprintf("of the %d started", started)}
	}
	return nil
}

// checkAccount checks the account of an invocation's statements.
func checkAccount(a bench.Account, planned int64) error {
	for _, part := range []struct {
		key string
		n   int64
	}{{"acknowledged", a.Acknowledged}, {"failed", a.Failed}, {"unknown", a.Unknown}, {"not_started", a.NotStarted}} {
		if part.n < 0 || part.n > planned {
			return &bench.Fault{Key: "statements." + part.key, Value: part.n, Allowed: fmt.Sprintf("0 to %d", planned)}
		}
	}
	switch sum := a.Acknowledged + a.Failed + a.Unknown + a.NotStarted; {
	case a.Planned != planned:
		return &bench.Fault{Key: "statements.planned", Value: a.Planned, Allowed: fmt.Sprintf("%d, as the results file has it", planned)}
	case sum != planned:
		return &bench.Fault{Key: "statements.planned", Value: a.Planned, Allowed: fmt.Sprintf("%d, the sum of the others", sum)}
	}
	return nil
}
