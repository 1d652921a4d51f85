package session

import (
	"cmp"
	"slices"

	"dsql-load-test/internal/local/front/wire"
)

// blocked is a statement that waits for a lock.
type blocked struct {
	server *server
	turn   uint64    // the statement's
	event  string    // what PostgreSQL calls the kind of lock
	by     []*server // that have the lock, or come before
	holder *server   // the one of by for which it is to end
}

// reason is what its client is told. Only DDL has a lock of a relation or another
// object that a statement waits for.
func (b *blocked) reason() *wire.Error {
	if b.event == "relation" || b.event == "object" {
		return schemaConflict()
	}
	return conflict()
}

// victims are the statements to end, so that none waits for a transaction that
// lasts until a client acts, directly or behind others. One that waits for a
// victim doesn't have to end: the victim lets go. Of those that wait for each
// other the last one ends.
func victims(all []*blocked) (ends []*blocked) {
	all = slices.SortedFunc(slices.Values(all), func(a, b *blocked) int { // the last to wait first
		return cmp.Or(cmp.Compare(b.server.since, a.server.since), cmp.Compare(b.server.pid, a.server.pid))
	})
	open, ended := map[*server]bool{}, map[*server]bool{}
	for _, b := range all {
		open[b.server] = true
	}
	// holds returns one of those that b waits for and that doesn't let go unless
	// its client acts; decided ones only, or all.
	holds := func(b *blocked, decided bool) *server {
		for _, by := range b.by {
			if !ended[by] && !(decided && open[by]) && by.isLasting() {
				return by
			}
		}
		return nil
	}
	end := func(b *blocked, holder *server) {
		b.holder = holder
		ended[b.server] = true
		delete(open, b.server)
		ends = append(ends, b)
	}
	for decided := true; len(open) > 0; {
		left := len(open)
		for _, b := range all {
			if !open[b.server] {
				continue
			}
			if holder := holds(b, decided); holder != nil {
				end(b, holder)
				if !decided {
					break
				}
			} else if !slices.ContainsFunc(b.by, func(by *server) bool { return open[by] }) {
				delete(open, b.server)
			}
		}
		if len(open) == left {
			if !decided {
				break // statements alone that wait for each other: PostgreSQL ends one
			}
			decided = false
		} else {
			decided = true
		}
	}
	return ends
}

// isLasting is lasts, with the lock.
func (v *server) isLasting() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lasts()
}
