package dsql_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// loser passes messages between clients and the server. It loses the connection at the first
// message of one of these kinds that contains word: before that reaches the server, or in place
// of the answer.
type loser struct {
	kinds, word string
	answer      bool
	lost        atomic.Bool
}

// open returns a pool of one connection through the loser to a database.
func (l *loser) open(t *testing.T, name, mode string) *dsql.DB {
	t.Helper()
	socket := dsqltest.Socket(t)
	listener := dsqltest.Serve(t, func(client net.Conn) {
		server, err := net.Dial("unix", socket)
		if err != nil {
			t.Error(err)
			return
		}
		l.pass(client, server)
	})
	url := fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable&default_query_exec_mode=%s", listener.Addr(), name, mode)
	db, err := dsql.OpenObserved(context.Background(), address.Address{URL: url}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func (l *loser) pass(client, server net.Conn) {
	var deaf atomic.Bool
	var answers sync.WaitGroup
	defer answers.Wait()
	defer func() { _ = server.Close() }()
	answers.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, err := server.Read(b)
			if err != nil || deaf.Load() {
				_ = client.Close()
				return
			}
			_, _ = client.Write(b[:n])
		}
	})
	for kind := 0; ; kind = 1 { // the first message has no kind
		head := make([]byte, kind+4)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[kind:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if kind == 1 && strings.ContainsRune(l.kinds, rune(head[0])) && bytes.Contains(body, []byte(l.word)) && !l.lost.Swap(true) {
			if !l.answer {
				_ = client.Close()
				return
			}
			deaf.Store(true)
		}
		if _, err := server.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// A statement whose answer is lost may have been committed, whatever the protocol.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "cache_describe", "exec", "simple_protocol"} {
		for _, form := range bench.Forms() {
			t.Run(mode+" "+string(form), func(t *testing.T) {
				t.Parallel()
				a, _ := dsqltest.WithTable(t)
				l := loser{kinds: "BQ", word: "Loan Created", answer: true}
				s := newInsert(t, l.open(t, a.Name, mode), form)
				f := s.Run(t.Context(), dsqltest.Events(1), 0)[0].Failure
				time.Sleep(10 * time.Millisecond) // the server may commit after the connection was lost
				n := a.Number("SELECT count(*) FROM " + dsql.Table)
				if n != 1 || f.Outcome != bench.Unknown || f.Kind != "connection_lost" {
					t.Errorf("%d rows in the table, reported as %+v", n, f)
				}
			})
		}
	}
}

// What is lost while a statement is prepared wasn't inserted, and is sent again.
func TestLostBeforeStatement(t *testing.T) {
	t.Parallel()
	for word, form := range map[string]bench.Form{"pg_attribute": bench.ByUnnest, "unnest(": bench.ByUnnest, "INSERT INTO": bench.ByValues} {
		for _, answer := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %t", word, answer), func(t *testing.T) {
				t.Parallel()
				a, _ := dsqltest.WithTable(t)
				l := loser{kinds: "P", word: word, answer: answer}
				s := newInsert(t, l.open(t, a.Name, "cache_statement"), form)
				attempts := s.Run(t.Context(), dsqltest.Events(1), 3)
				if len(attempts) != 2 || attempts[1].Failure.Outcome != bench.Acknowledged {
					t.Fatalf("%d attempts, the last %+v", len(attempts), attempts[len(attempts)-1].Failure)
				}
				phases := attempts[0].Timings
				if f, last := attempts[0].Failure, phases[len(phases)-1]; f.Kind != "connection_lost" || f.Outcome != bench.Failed || last.Phase != bench.Prepare || !last.Failed {
					t.Errorf("%+v, the last phase %+v", f, last)
				}
			})
		}
	}
}

// A database whose connection is lost isn't ready.
func TestProbeLost(t *testing.T) {
	t.Parallel()
	a, _ := dsqltest.WithTable(t)
	l := loser{kinds: "Q", word: "WHERE false", answer: true}
	db := l.open(t, a.Name, "cache_statement")
	s := newInsert(t, db, bench.ByValues)
	s.Run(t.Context(), dsqltest.Events(1), 0) // a server that never took a write isn't waited for
	s.Close()
	var failed []bench.Failure
	readOnly := bench.Failure{Kind: "25006", SQLSTATE: "25006", Outcome: bench.Failed}
	ready := db.Await(t.Context(), readOnly, func(f bench.Failure) { failed = append(failed, f) })
	if len(failed) != 1 || failed[0].Kind != "connection_lost" {
		t.Errorf("ready %t, failures %+v", ready, failed)
	}
}

func newInsert(t *testing.T, db *dsql.DB, form bench.Form) *dsql.Insert {
	t.Helper()
	s, err := db.NewInsert(form, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
