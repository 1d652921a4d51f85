package verify

import (
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
)

// noteCheck checks a note and keeps the first fault.
type noteCheck struct {
	note
	fault *bench.Fault
}

// must keeps a fault of a key unless ok or an earlier check found one.
func (c *noteCheck) must(ok bool, key string, value any, allowed string, args ...any) {
	if !ok && c.fault == nil {
		c.fault = &bench.Fault{Key: key, Value: value, Allowed: fmt.Sprintf(allowed, args...)}
	}
}

// check returns the first value of a note that can't be true of the invocation; nil if
// there is none.
func (n note) check(asked bench.Invocation) *bench.Fault {
	c := noteCheck{note: n}
	outcomes := []bench.Outcome{bench.Acknowledged, bench.Failed, bench.Unknown, bench.NotStarted}
	c.must(slices.Contains(outcomes, n.Outcome), "outcome", fmt.Sprintf("%q", n.Outcome), "one of acknowledged, failed, unknown, not_started")
	a := n.Statements
	if a == nil {
		a = &bench.Account{}
		c.must(len(n.Failed)+len(n.Unknown) == 0, "statements", "missing", "there, with failed and unknown")
	} else {
		c.account(*a, int64(asked.Statements()))
	}
	started := a.Planned - a.NotStarted
	for _, set := range []struct {
		key    string
		ranges bench.Ranges
		count  int64
	}{{"failed", n.Failed, a.Failed}, {"unknown", n.Unknown, a.Unknown}} {
		c.must(check.Disjoint(started, set.ranges), set.key, "no set of statements", "intervals [from, to), ascending, within 0 to %d", started)
		c.must(set.ranges.Len() == set.count, set.key, fmt.Sprintf("a set of %d", set.ranges.Len()), "of %d, as statements.%s", set.count, set.key)
	}
	c.must(check.Disjoint(started, n.Failed, n.Unknown), "unknown", "a set with statements that failed", "of others")
	c.place(started)
	return c.fault
}

// place checks environment and times of the invocation.
func (c *noteCheck) place(started int64) {
	const latestUs = check.LatestUnix * 1_000_000
	c.must(len(c.Environment) <= check.MaxText, "environment_id", fmt.Sprintf("a text of %d bytes", len(c.Environment)), "%d at most", check.MaxText)
	c.must(c.SentUs >= 0 && c.SentUs <= latestUs, "sent_us", c.SentUs, "0 to %d", int64(latestUs))
	left := started
	for _, second := range c.Seconds {
		if second[0] < 0 || second[0] > check.LatestUnix || second[1] < 1 || second[1] > left {
			c.must(false, "seconds", fmt.Sprintf("a list with %v", second), "seconds of 1970 to 2100, each with 1 or more of the %d statements started", started)
			return
		}
		left -= second[1]
	}
	c.must(left <= 0 || len(c.Seconds) == 0 || c.untold(left, started), "seconds", fmt.Sprintf("a list of %d statements", started-left), "of the %d started", started)
}

// untold reports whether the last n of the statements started may have ended without a second:
// the invocation died before it told of them, so they are unknown.
func (c *noteCheck) untold(n, started int64) bool {
	last := len(c.Unknown) - 1
	return c.Outcome == bench.Unknown && last >= 0 && int64(c.Unknown[last][1]) == started && int64(c.Unknown[last][1]-c.Unknown[last][0]) >= n
}

// account checks the account of an invocation's statements.
func (c *noteCheck) account(a bench.Account, planned int64) {
	for _, part := range []struct {
		key string
		n   int64
	}{{"acknowledged", a.Acknowledged}, {"failed", a.Failed}, {"unknown", a.Unknown}, {"not_started", a.NotStarted}} {
		c.must(part.n >= 0 && part.n <= planned, "statements."+part.key, part.n, "0 to %d", planned)
	}
	sum := a.Acknowledged + a.Failed + a.Unknown + a.NotStarted
	c.must(a.Planned == planned, "statements.planned", a.Planned, "%d, as the results file has it", planned)
	c.must(sum == planned, "statements.planned", a.Planned, "%d, the sum of the others", sum)
}
