package dsql

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
)

// Attempt is one try of a statement.
type Attempt struct {
	Start, End time.Time
	// Arrived is when the answer came to the socket, by the kernel's clock; zero
	// where that isn't known.
	Arrived  time.Time
	Affected int64   // rows, by the command tag
	Failure  Failure // of Outcome Acknowledged when it did not fail
}

// Observer is told of a statement's attempts.
type Observer interface {
	// Attempt: one begins.
	Attempt()
	// Tried: it ended; kind and sqlstate are those of its error, or empty.
	Tried(start, end time.Time, kind, sqlstate string)
}

// Overhead is how long this process took from the arrival of the answer to the
// reading of its clock; ok is false where that isn't known.
func (a *Attempt) Overhead() (took time.Duration, ok bool) {
	if a.Arrived.Before(a.Start) { // also of no time
		return 0, false
	}
	took = a.End.Sub(a.Arrived)
	return took, took >= 0 && took <= a.End.Sub(a.Start) // else the clock was set
}

// again says whether another attempt can help, and how long to wait for it.
type again int

const (
	never again = iota
	soon        // a conflict: the other transaction is through in a moment; or another connection does
	later       // no connection, or it was lost: the cluster needs time
)

// The bounds of the waits before another attempt; the first is doubled each time.
// The waits for the database are half of that at least, so that the five by default
// last 3.1 s or more.
const (
	soonFirst, soonMost   = 10 * time.Millisecond, 1 * time.Second
	laterFirst, laterMost = 200 * time.Millisecond, 5 * time.Second
)

// again classifies a failure: conflicts, locks of others, too many or too fast
// connections, lost connections, a cluster that wakes up and a server that takes no
// writes, as at a failover, pass by themselves; the rest would fail again (Aurora DSQL
// User Guide, "Concurrency control" and "Quotas").
func (f Failure) again() again {
	switch {
	case f.Kind == "40001" || f.Kind == "40P01" || f.Kind == LockWait || f.Kind == IdleSession || f.Kind == IdleTransaction:
		return soon
	case f.Kind == "53300", f.Kind == "53400", f.Kind == "XX000", f.Kind == ConnectionLost, f.Kind == ConnectFailed, f.Kind == NotWritable,
		strings.HasPrefix(f.SQLSTATE, "57P"):
		return later
	case f.SQLSTATE == protocolViolation:
		if said := f.ofPooler(); said == poolerBusy || said == poolerLost {
			return later
		}
	case strings.HasPrefix(f.SQLSTATE, "08"):
		if f.denied() {
			return never
		}
		return later
	}
	return never
}

// Unreachable reports whether the database could not be reached, or was lost, and
// may be back in a while.
func (f Failure) Unreachable() bool { return f.again() == later }

// Denied reports whether the database lets this function in for no time: it has no
// token, no right or no such database.
func (f Failure) Denied() bool {
	switch {
	case !f.Unconnected:
		return false
	case f.Kind == TokenFailed, f.ofPooler() == poolerRefuses, f.SQLSTATE == "3D000", f.SQLSTATE == "42501", strings.HasPrefix(f.SQLSTATE, "28"):
		return true
	}
	return f.denied()
}

// denied: the cluster let nobody in, for a reason that another token, which each
// connection has, would not change.
func (f Failure) denied() bool {
	refused := strings.Contains(f.Message, "access denied") || strings.Contains(f.Message, "sni was not received")
	return refused && !strings.Contains(f.Hint, "Signature expired")
}

// Run is Exec with up to retries further attempts, each after a wait with full
// jitter, as long as ctx leaves time for it and Await would wait. It answers all attempts; the last
// one says how the statement ended. Attempts after an unknown outcome are safe:
// they insert the same ids, and skip those that are there.
func (s *Insert) Run(ctx context.Context, events []event.Event, retries int, o Observer) []Attempt {
	s.attempts = s.attempts[:0]
	for {
		o.Attempt()
		a := Attempt{Start: time.Now(), Failure: Failure{Outcome: bench.Acknowledged}}
		var err error
		a.Affected, err = s.Exec(ctx, events)
		a.End, a.Arrived = time.Now(), s.arrived
		if err != nil {
			a.Failure = Explain(err)
			s.db.writes.failed(a.Failure, a.Start)
			s.db.leave(a.Failure, s.generation)
		} else {
			s.db.writes.wrote(a.End)
		}
		o.Tried(a.Start, a.End, a.Failure.Kind, a.Failure.SQLSTATE)
		s.attempts = append(s.attempts, a)
		n := len(s.attempts)
		if err == nil || n > retries || s.db.writes.outlasted(a.Failure) || !pause(ctx, a.Failure.again(), n) {
			return s.attempts
		}
	}
}

// waitBefore is the wait before attempt n+1, drawn by chance: up to a bound that
// doubles, for the database from half of it on.
func waitBefore(class again, n int) time.Duration {
	if class == soon {
		return rand.N(min(soonFirst<<min(n-1, 10), soonMost))
	}
	most := min(laterFirst<<min(n-1, 10), laterMost)
	return most/2 + rand.N(most/2)
}

// Await waits for a database that last failed in a way that passes, until a
// connection can be had, and can write where it couldn't: it tries again and again,
// after waits that grow. Each failure is told. It returns false when ctx ends first,
// the database lets nobody in, or it took no write ever, or it took none for a minute
// and a read-only server or a full pooler is why.
func (db *DB) Await(ctx context.Context, last Failure, told func(Failure)) bool {
	if db.writes.hopeless(last) {
		return false
	}
	for n := 1; pause(ctx, later, n); n++ {
		generation, asked := db.writes.generation.Load(), time.Now()
		err := db.ready(ctx, last)
		if err == nil {
			return true
		}
		f := Explain(err)
		db.writes.failed(f, asked)
		db.leave(f, generation)
		told(f)
		if f.Denied() || db.writes.hopeless(f) {
			return false
		}
	}
	return false
}

// pause waits before attempt n+1; false when there is none.
func pause(ctx context.Context, class again, n int) bool {
	if class == never {
		return false
	}
	wait := waitBefore(class, n)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // it could only run out of time
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
