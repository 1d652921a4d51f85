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
	event  string    // PostgreSQL's name for the kind of lock
	by     []*server // they have the lock, or wait for it before this one
	holder *server   // the one of by because of which the statement ends
}

// reason returns the error that the client gets. Only DDL holds a lock of a relation or
// another object that a statement waits for.
func (b *blocked) reason() *wire.Error {
	if b.event == "relation" || b.event == "object" {
		return schemaConflict()
	}
	return conflict()
}

// victims returns the statements to end, so that none waits for a transaction that
// lasts until a client acts, directly or behind others. A statement that waits for
// a victim doesn't have to end, because the victim lets go. Of statements that wait
// for each other the last one ends.
func victims(all []*blocked) []*blocked {
	all = slices.SortedFunc(slices.Values(all), func(a, b *blocked) int { // the last to wait first
		return cmp.Or(cmp.Compare(b.server.since, a.server.since), cmp.Compare(b.server.pid, a.server.pid))
	})
	j := judgement{open: map[*server]bool{}, ended: map[*server]bool{}}
	for _, b := range all {
		j.open[b.server] = true
	}
	for len(j.open) > 0 && (j.decide(all) || j.breakCircle(all)) {
	}
	return j.ends
}

// judgement is how far victims has come.
type judgement struct {
	open  map[*server]bool // not decided yet
	ended map[*server]bool
	ends  []*blocked
}

// decide decides the statements that wait for none which is open, or for a holder
// that is not. It returns false if there are no such statements.
func (j *judgement) decide(all []*blocked) bool {
	left := len(j.open)
	for _, b := range all {
		if !j.open[b.server] {
			continue
		}
		if holder := j.holder(b, func(by *server) bool { return !j.open[by] }); holder != nil {
			j.end(b, holder)
		} else if !slices.ContainsFunc(b.by, func(by *server) bool { return j.open[by] }) {
			delete(j.open, b.server)
		}
	}
	return len(j.open) < left
}

// breakCircle ends the last of the statements that wait for each other and for a
// client. It returns false if there is none: of statements alone that wait for each
// other PostgreSQL ends one.
func (j *judgement) breakCircle(all []*blocked) bool {
	for _, b := range all {
		if !j.open[b.server] {
			continue
		}
		if holder := j.holder(b, func(*server) bool { return true }); holder != nil {
			j.end(b, holder)
			return true
		}
	}
	return false
}

// holder returns a server that b waits for, that may be chosen, and that doesn't let
// go unless its client acts; nil if there is none.
func (j *judgement) holder(b *blocked, may func(*server) bool) *server {
	for _, by := range b.by {
		if !j.ended[by] && may(by) && by.isLasting() {
			return by
		}
	}
	return nil
}

func (j *judgement) end(b *blocked, holder *server) {
	b.holder = holder
	j.ended[b.server] = true
	delete(j.open, b.server)
	j.ends = append(j.ends, b)
}

// isLasting is lastsOn, with the lock.
func (v *server) isLasting() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lastsOn()
}
