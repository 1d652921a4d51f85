package front

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/front/wire"
)

// program is what one short transaction does: steps such as "begin", "update 1",
// "commit".
type program []string

func programOf(text string) program {
	return append(append(program{"begin"}, strings.Split(text, ", ")...), "commit")
}

// interleavings calls each with every order of the steps of n programs: whose
// step is next.
func interleavings(lengths []int, each func(order []int)) {
	var order []int
	var next func()
	next = func() {
		done := true
		for i := range lengths {
			if lengths[i] == 0 {
				continue
			}
			done = false
			lengths[i]--
			order = append(order, i)
			next()
			order = order[:len(order)-1]
			lengths[i]++
		}
		if done {
			each(order)
		}
	}
	next()
}

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

// step returns what the step of transaction i answers: "", "40001" or another
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

// sqlOf is a step as SQL; the rows of round are from base on.
func sqlOf(step, table string, base, who int) string {
	var verb string
	var k int
	fmt.Sscanf(step, "%s %d", &verb, &k) //nolint:errcheck // begin has no key
	id := base + k
	switch verb {
	case "update":
		return fmt.Sprintf("UPDATE %s SET v = '%d' WHERE id = %d", table, who, id)
	case "insert":
		return fmt.Sprintf("INSERT INTO %s VALUES (%d, '%d')", table, id, who)
	case "delete":
		return fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, id)
	case "read":
		return fmt.Sprintf("SELECT v FROM %s WHERE id = %d", table, id)
	case "lock":
		return fmt.Sprintf("SELECT v FROM %s WHERE id = %d FOR UPDATE", table, id)
	}
	return strings.ToUpper(verb)
}

// trial executes interleavings of transactions one step after the other, by one
// goroutine.
type trial struct {
	t     *testing.T
	table string
	conns []*pgconn.PgConn
	round int
	every int // of so many orders one is tried; 0 is all
	met   int
}

// run executes one order of the programs' steps, and compares each answer, and
// the table afterwards, with the model's.
func (r *trial) run(programs []program, order []int) {
	r.round++
	base := r.round * 10
	r.exec(0, fmt.Sprintf("INSERT INTO %s VALUES (%d, '0'), (%d, '0')", r.table, base+1, base+2))
	m := newModel(len(programs), 1, 2)
	at := make([]int, len(programs))
	var done []string
	for _, who := range order {
		step := programs[who][at[who]]
		at[who]++
		got, want := r.exec(who, sqlOf(step, r.table, base, who+1)), m.step(who, step)
		done = append(done, fmt.Sprintf("%c: %s", 'A'+who, step))
		if got != want {
			r.t.Errorf("%s: %q, want %q", strings.Join(done, "; "), got, want)
			break
		}
	}
	for i := range programs { // after a failure
		if r.conns[i].TxStatus() != wire.Idle {
			r.exec(i, "ROLLBACK")
		}
	}
	m.check(r.t, programs, done)
	if got, want := r.rows(base), m.rowsAfter(); got != want && !r.t.Failed() {
		r.t.Errorf("%s: the table has %s, want %s", strings.Join(done, "; "), got, want)
	}
}

func (r *trial) exec(who int, sql string) string {
	ctx, stop := context.WithTimeout(context.Background(), stepPatience)
	defer stop()
	var err error
	if who == 1 { // by the extended protocol
		_, err = r.conns[who].ExecParams(ctx, sql, nil, nil, nil, nil).Close()
	} else {
		_, err = r.conns[who].Exec(ctx, sql).ReadAll()
	}
	var e *pgconn.PgError
	switch {
	case ctx.Err() != nil:
		r.t.Fatalf("%s hangs", sql)
	case errors.As(err, &e):
		return e.Code
	case err != nil:
		r.t.Fatalf("%s: %v", sql, err)
	}
	return ""
}

func (r *trial) rows(base int) string {
	results, err := r.conns[0].Exec(context.Background(), fmt.Sprintf("SELECT id - %d, v FROM %s WHERE id BETWEEN %d AND %d ORDER BY id", base, r.table, base, base+9)).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	var rows []string
	for _, row := range results[0].Rows {
		rows = append(rows, string(row[0])+"="+string(row[1]))
	}
	return strings.Join(rows, " ")
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

// check asserts of the model's own outcome that one commits if all can, and that
// no two commit which overlap and have written one row.
func (m *model) check(t *testing.T, programs []program, done []string) {
	t.Helper()
	committed, wants := 0, 0
	for i, p := range programs {
		a := &m.txs[i]
		if p[len(p)-1] == "commit" && !a.refused {
			wants++
		}
		if a.committed == 0 {
			continue
		}
		committed++
		for j := range m.txs[:i] {
			b := &m.txs[j]
			if b.committed == 0 || a.began >= b.committed || b.began >= a.committed {
				continue
			}
			later := a
			if b.committed > a.committed {
				later = b
			}
			for k := range a.wrote {
				if _, both := b.wrote[k]; both && m.saw(later, k) { // else it came and went
					t.Errorf("%s: %c and %c have both written row %d", strings.Join(done, "; "), 'A'+i, 'A'+j, k)
				}
			}
		}
	}
	if wants == len(programs) && committed == 0 {
		t.Errorf("%s: none committed", strings.Join(done, "; "))
	}
}

func newTrial(t *testing.T, sessions int) *trial {
	t.Helper()
	f := start(t, func(o *Options) { o.change = watchEvery(time.Millisecond) })
	r := &trial{t: t, table: table(t)}
	for range sessions {
		r.conns = append(r.conns, connect(t, f, "").PgConn())
	}
	return r
}

func (r *trial) all(programs ...program) {
	lengths := make([]int, len(programs))
	for i, p := range programs {
		lengths[i] = len(p)
	}
	interleavings(lengths, func(order []int) {
		if r.met++; !r.t.Failed() && !mirrored(programs, order) && (r.every == 0 || r.met%r.every == 0) {
			r.run(programs, order)
		}
	})
}

// mirrored reports whether equal programs are in another order than they were
// given: that order is tried with their names exchanged.
func mirrored(programs []program, order []int) bool {
	for j := range programs {
		for i := range programs[:j] {
			if slices.Equal(programs[i], programs[j]) && slices.Index(order, j) < slices.Index(order, i) {
				return true
			}
		}
	}
	return false
}

// Every order of the steps of two transactions.
func TestEveryOrderOfTwo(t *testing.T) {
	r := newTrial(t, 2)
	began := time.Now()
	single := []string{"update 1", "delete 1", "insert 1", "insert 3", "read 1", "lock 1"}
	for i, a := range single {
		for _, b := range single[i:] {
			r.all(programOf(a), programOf(b))
		}
	}
	for _, pair := range [][2]string{
		{"update 1, update 2", "update 2, update 1"},
		{"update 1, update 2", "delete 2"},
		{"read 1, update 2", "read 2, update 1"},
		{"lock 1, update 2", "lock 2, update 1"},
		{"lock 1, update 1", "lock 1, update 1"},
		{"delete 1, insert 1", "update 1"},
		{"delete 1, insert 1", "insert 1"},
		{"insert 3, delete 3", "insert 3"},
		{"lock 1, insert 3", "update 1, insert 3"},
	} {
		r.all(programOf(pair[0]), programOf(pair[1]))
	}
	for _, a := range []string{"update 1", "insert 3", "delete 1", "lock 1"} {
		p := programOf(a)
		p[len(p)-1] = "rollback"
		r.all(p, programOf("update 1, insert 3"))
	}
	t.Logf("%d orders in %v", r.round, time.Since(began).Round(time.Millisecond))
}

// Every order of the steps of three transactions.
func TestEveryOrderOfThree(t *testing.T) {
	r := newTrial(t, 3)
	began := time.Now()
	for _, texts := range [][3]string{
		{"update 1", "update 1", "update 1"},
		{"insert 3", "insert 3", "delete 3"},
		{"update 1", "lock 1", "delete 1"},
	} {
		r.all(programOf(texts[0]), programOf(texts[1]), programOf(texts[2]))
	}
	// Of longer ones, whose orders are 34,650, some.
	r.every = 101
	r.all(programOf("update 1, update 2"), programOf("update 2, insert 3"), programOf("insert 3, delete 1"))
	t.Logf("%d orders in %v", r.round, time.Since(began).Round(time.Millisecond))
}
