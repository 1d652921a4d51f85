package session

import (
	"sync"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/local/front/sql"
)

// lockedRow is a row that a transaction locked, in the version it saw.
type lockedRow struct {
	place, version string // ctid and xmin
	table          string // qualified and quoted
	key            string // of its primary key's columns, JSON; empty without one
	strength       string
}

// lockBook orders the commits of transactions that lock rows and of those that
// change rows, so that the later of two that conflict sees the earlier.
type lockBook struct {
	holders atomic.Int64 // transactions that are open and have locked rows

	mu      sync.Mutex
	ended   uint64 // commits of transactions that locked rows
	pending map[*lockEntry]struct{}
	settled []*lockEntry // the first to commit first
	current *commits
}

// lockEntry is the rows of one transaction that commits or has committed.
type lockEntry struct {
	rows  []lockedRow
	at    time.Time
	ended uint64 // its number among the commits; 0 before it ended
}

// commits are those that go on at the same time.
type commits struct {
	running int
	over    bool // no more are added
	done    chan struct{}
}

// settlement is one transaction's turn to commit.
type settlement struct {
	book    *lockBook
	own     *lockEntry // nil if it locked no row
	others  []*lockEntry
	commits *commits
	before  *commits // must end first; nil if it locked no row
}

// number is how many commits have ended: what a transaction that starts now
// sees.
func (b *lockBook) number() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}

// enter starts the commit of a transaction that has locked rows and has seen the
// commits up to seen. Entries older than oldest are dropped.
func (b *lockBook) enter(rows []lockedRow, seen uint64, now, oldest time.Time) *settlement {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil {
		b.current, b.pending = &commits{done: make(chan struct{})}, map[*lockEntry]struct{}{}
	}
	t := &settlement{book: b}
	for e := range b.pending {
		t.others = append(t.others, e)
	}
	for i := len(b.settled) - 1; i >= 0 && b.settled[i].ended > seen; i-- {
		t.others = append(t.others, b.settled[i])
	}
	if len(rows) > 0 {
		for len(b.settled) > 0 && b.settled[0].at.Before(oldest) {
			b.settled = b.settled[1:]
		}
		t.own = &lockEntry{rows: rows, at: now}
		b.pending[t.own] = struct{}{}
		t.before, b.current = b.current, &commits{done: make(chan struct{})}
		t.before.end(true)
	}
	t.commits = b.current
	t.commits.running++
	return t
}

// leave ends the commit. A transaction that failed locks nothing.
func (t *settlement) leave(committed bool) {
	b := t.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.own != nil {
		delete(b.pending, t.own)
		if committed {
			b.ended++
			t.own.ended = b.ended
			b.settled = append(b.settled, t.own)
		}
	}
	t.commits.running--
	t.commits.end(t.commits.over)
}

// end closes done when over and none runs. The book's lock is held.
func (c *commits) end(over bool) {
	c.over = over
	if over && c.running == 0 {
		close(c.done)
	}
}

// excludes reports whether two transactions can't both lock a row so.
func excludes(a, b string) bool { return a == sql.ForUpdate || b == sql.ForUpdate }

// overlap reports whether two transactions locked one row so that only one of
// them can commit.
func overlap(a, b []lockedRow) bool {
	type place struct{ table, place string }
	strengths := map[place][]string{}
	for _, r := range a {
		strengths[place{r.table, r.place}] = append(strengths[place{r.table, r.place}], r.strength)
	}
	for _, r := range b {
		for _, s := range strengths[place{r.table, r.place}] {
			if excludes(s, r.strength) {
				return true
			}
		}
	}
	return false
}
