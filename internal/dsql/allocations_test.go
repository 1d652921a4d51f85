package dsql_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/event"
)

// statements returns a function that makes a statement's rows and sends them, as the worker does.
func statements(t testing.TB, rows int) func() {
	t.Helper()
	_, db := dsqltest.WithTable(t)
	s, err := db.NewInsert(bench.ByValues, rows)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	g, err := event.New("01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", 1, bench.Random)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)
	events, n := make([]event.Event, rows), 0
	return func() {
		made := time.Now()
		for i := range events {
			events[i] = g.Event(events[i].ID[:0], event.Position{Iteration: n, Row: i}, made)
		}
		n++
		if a := s.Run(ctx, events, 0); a[0].Affected != int64(rows) {
			t.Fatalf("%+v", a)
		}
	}
}

// A row costs no allocation: a statement of many has as many as a statement of one.
func TestRowsAllocateNothing(t *testing.T) {
	one := testing.AllocsPerRun(200, statements(t, 1))
	many := testing.AllocsPerRun(200, statements(t, 100))
	if many-one >= 2 {
		t.Errorf("%.0f allocations of 100 rows, %.0f of one", many, one)
	}
}

func BenchmarkRun(b *testing.B) {
	for _, rows := range []int{1, 100} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			b.ReportAllocs()
			send := statements(b, rows)
			send() // connects
			for b.Loop() {
				send()
			}
		})
	}
}
