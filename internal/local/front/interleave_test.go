package front

import (
	"context"
	"errors"
	"fmt"
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
