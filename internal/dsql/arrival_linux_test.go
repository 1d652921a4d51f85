package dsql_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
)

// lateReader takes a while to go on once it has read.
type lateReader struct {
	io.Reader
	late *atomic.Int64 // nanoseconds
}

func (r lateReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	time.Sleep(time.Duration(r.late.Load()))
	return n, err
}

// What this process adds to a statement is told, and what the database takes isn't.
func TestOverhead(t *testing.T) {
	a, _ := dsqltest.WithTable(t)
	s := newSlowable(t, true)
	credentials(t, &s.planted)
	const delay = 60 * time.Millisecond
	var late atomic.Int64
	db, err := dsql.OpenChanged(context.Background(), s.address(a.Name), 1, nil, func(c *pgxpool.Config) {
		c.ConnConfig.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
			return pgproto3.NewFrontend(lateReader{r, &late}, w)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	insert, err := db.NewInsert(bench.ByValues, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	insert.Run(context.Background(), dsqltest.Events(1), 0) // it connects and prepares
	for _, tc := range []struct {
		name    string
		planted planted
		late    time.Duration
	}{
		{"at once", planted{}, 0},
		{"the database takes long", planted{bench.Query, delay}, 0},
		{"the process is late", planted{}, delay},
	} {
		s.planted.Store(&tc.planted)
		late.Store(int64(tc.late))
		for end := time.Now().Add(patience); ; { // the best of some: a busy machine adds to each
			attempts := insert.Run(context.Background(), dsqltest.Events(1), 0)
			got, ok := attempts[0].Overhead()
			if ok && got >= tc.late && got < tc.late+10*time.Millisecond {
				break
			}
			if time.Now().After(end) {
				t.Errorf("%s: overhead %v, %v; want %v and little more", tc.name, got, ok, tc.late)
				break
			}
		}
	}
}

// A connection that tells when bytes arrived is one like any other.
func TestStampedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn := dsql.StampArrivals(raw)
	if conn == raw {
		t.Fatal("it doesn't tell")
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if at := dsql.LastArrival(conn); !at.IsZero() {
		t.Errorf("arrived at %v before anything was sent", at)
	}
	if err := conn.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := conn.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("past its deadline: %v", err)
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 10)
	for end := time.Now().Add(patience); ; { // the kernel begins to stamp a moment after it was asked to
		before := time.Now()
		if _, err := io.WriteString(other, "hello"); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buffer)
		if n != 5 || err != nil || string(buffer[:n]) != "hello" {
			t.Fatalf("read %q, %v", buffer[:n], err)
		}
		at := dsql.LastArrival(conn)
		if !at.Before(before.Add(-time.Millisecond)) && !at.After(time.Now().Add(time.Millisecond)) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("arrived at %v, sent after %v", at, before)
		}
	}
	if _, err := io.WriteString(other, "hello"); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(buffer[:3]); n != 3 || err != nil || string(buffer[:3]) != "hel" {
		t.Errorf("read %q, %v", buffer[:n], err)
	}
	_ = other.Close()
	rest, err := io.ReadAll(conn)
	if string(rest) != "lo" || err != nil {
		t.Errorf("read %q, %v", rest, err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(buffer); !errors.Is(err, net.ErrClosed) {
		t.Errorf("once closed: %v", err)
	}
}
