// Package lock keeps the rows that transactions have locked by SELECT ... FOR
// UPDATE, in the order of the commits. PostgreSQL doesn't get these locks: as on
// DSQL nobody waits for one, and a conflict shows at COMMIT.
package lock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Book orders the commits of transactions that lock rows and of those that
// change rows, so that the later of two that conflict sees the earlier.
type Book struct {
	Holders atomic.Int64 // transactions that are open and have locked rows

	mu      sync.Mutex
	ended   uint64 // commits of transactions that locked rows
	pending map[*entry]struct{}
	settled []*entry // the first to commit first
	current *commits
}

// entry is the rows of one transaction that commits or has committed.
type entry struct {
	rows  []Row
	at    time.Time
	ended uint64 // its number among the commits; 0 before it ended
}

// commits run at the same time.
type commits struct {
	running int
	over    bool // no more are added
	done    chan struct{}
}

// Turn is one transaction's turn to commit.
type Turn struct {
	Others [][]Row // the rows that it may conflict with: locked by transactions that commit too, or have committed unseen

	book    *Book
	own     *entry   // nil if the transaction locked no row
	commits *commits // that the turn is one of
	before  *commits // must end first; nil if the transaction locked no row
}

// Number returns how many transactions that locked rows have committed. A
// transaction that starts now sees these.
func (b *Book) Number() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}

// Enter starts the commit of a transaction that has locked rows and has seen the
// commits up to seen. The returned Turn lists the rows that it may conflict with.
// Entries older than oldest are dropped.
func (b *Book) Enter(rows []Row, seen uint64, now, oldest time.Time) *Turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil {
		b.current, b.pending = &commits{done: make(chan struct{})}, map[*entry]struct{}{}
	}
	t := &Turn{book: b}
	for e := range b.pending {
		t.Others = append(t.Others, e.rows)
	}
	for i := len(b.settled) - 1; i >= 0 && b.settled[i].ended > seen; i-- {
		t.Others = append(t.Others, b.settled[i].rows)
	}
	if len(rows) > 0 {
		for len(b.settled) > 0 && b.settled[0].at.Before(oldest) {
			b.settled = b.settled[1:]
		}
		t.own = &entry{rows: rows, at: now}
		b.pending[t.own] = struct{}{}
		t.before, b.current = b.current, &commits{done: make(chan struct{})}
		t.before.end(true)
	}
	t.commits = b.current
	t.commits.running++
	return t
}

// Wait waits until the commits before have ended, which see none of the
// transaction's locks. It returns false if that takes longer than timeout.
func (t *Turn) Wait(timeout time.Duration) bool {
	if t.before == nil {
		return true
	}
	select {
	case <-t.before.done:
		return true
	case <-time.After(timeout):
		return false
	}
}

// Leave ends the commit. If it didn't succeed (committed is false), its locks are
// dropped.
func (t *Turn) Leave(committed bool) {
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
