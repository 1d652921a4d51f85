package front

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// model is DSQL's rule as the front holds it: a transaction sees what had
// committed when it began, and fails when another wrote what it writes or locks,
// at once if that is open, and if it committed meanwhile.
type model struct {
	now  int
	rows map[int]version // the committed ones; those deleted, too
	txs  []modelTx
}

// version is a row's committed state.
type version struct {
	at      int // when; 0 is before all
	there   bool
	value   int
	locked  int          // when a transaction that locked it committed last
	history map[int]bool // whether it was there, by when it changed
}

type modelTx struct {
	began        int
	open, failed bool
	wrote        map[int]version // own state
	locks        map[int]bool
	committed    int  // when; 0 is not
	refused      bool // for another reason than a conflict
}

func newModel(n int, there ...int) *model {
	m := &model{rows: map[int]version{}, txs: make([]modelTx, n)}
	for _, k := range []int{1, 2, 3} {
		is := slices.Contains(there, k)
		m.rows[k] = version{there: is, history: map[int]bool{0: is}}
	}
	return m
}

// sees is whether transaction t sees row k, and its own state of it.
func (m *model) sees(t *modelTx, k int) bool {
	if own, ok := t.wrote[k]; ok {
		return own.there
	}
	return m.saw(t, k)
}

// saw is whether it was there when t began.
func (m *model) saw(t *modelTx, k int) bool {
	seen, last := false, -1
	for at, there := range m.rows[k].history {
		if at <= t.began && at > last {
			seen, last = there, at
		}
	}
	return seen
}

// step returns the result of the step of transaction i: "", "40001" or another
// SQLSTATE.
func (m *model) step(i int, step string) string {
	t := &m.txs[i]
	var verb string
	var k int
	fmt.Sscanf(step, "%s %d", &verb, &k) //nolint:errcheck // begin has no key
	switch {
	case verb == "begin":
		*t = modelTx{began: m.now, open: true, wrote: map[int]version{}, locks: map[int]bool{}}
		return ""
	case verb == "rollback", verb == "commit" && t.failed:
		t.open = false
		return ""
	case t.failed:
		return "25P02"
	case verb == "commit":
		return m.commit(t)
	}
	answer := m.change(i, verb, k)
	if answer != "" {
		*t = modelTx{open: true, failed: true, refused: answer != "40001"}
	}
	return answer
}

func (m *model) change(i int, verb string, k int) string {
	t := &m.txs[i]
	sees := m.sees(t, k)
	switch {
	case verb == "read":
		return ""
	case verb == "lock":
		if sees {
			t.locks[k] = true
		}
		return ""
	case verb != "insert" && !sees:
		return ""
	}
	for j := range m.txs {
		if _, wrote := m.txs[j].wrote[k]; j != i && m.txs[j].open && wrote {
			return "40001"
		}
	}
	row := m.rows[k]
	_, own := t.wrote[k]
	switch {
	case verb == "insert" && !own && row.there && row.at > t.began:
		return "40001"
	case verb == "insert" && (own && t.wrote[k].there || !own && row.there):
		return "23505"
	case verb != "insert" && row.at > t.began:
		return "40001"
	}
	t.wrote[k] = version{there: verb != "delete", value: i + 1}
	return ""
}

func (m *model) commit(t *modelTx) string {
	t.open = false
	for k := range t.locks {
		if m.rows[k].at > t.began || m.rows[k].locked > t.began {
			return "40001"
		}
	}
	for k := range t.wrote {
		// A key that came and went meanwhile is free: docs/dsql.md says so.
		if m.rows[k].at > t.began && m.saw(t, k) || m.rows[k].locked > t.began {
			return "40001"
		}
	}
	m.now++
	for k, own := range t.wrote {
		row := m.rows[k]
		own.at, own.locked, own.history = m.now, row.locked, maps.Clone(row.history)
		own.history[m.now] = own.there
		m.rows[k] = own
	}
	for k := range t.locks {
		row := m.rows[k]
		row.locked = m.now
		m.rows[k] = row
	}
	t.committed = m.now
	return ""
}

func (m *model) rowsAfter() string {
	var rows []string
	for _, k := range slices.Sorted(maps.Keys(m.rows)) {
		if m.rows[k].there {
			rows = append(rows, fmt.Sprintf("%d=%d", k, m.rows[k].value))
		}
	}
	return strings.Join(rows, " ")
}
