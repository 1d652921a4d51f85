package lock

import (
	"testing"
	"time"

	"dsql-load-test/internal/local/front/sql"
)

// Two transactions overlap where both locked a row and one of them FOR UPDATE.
func TestOverlap(t *testing.T) {
	row := func(place, strength string) []Row { return []Row{{place: place, table: "t", strength: strength}} }
	for _, tt := range []struct {
		name string
		a, b []Row
		want bool
	}{
		{"one row", row("(0,1)", sql.ForUpdate), row("(0,1)", sql.ForUpdate), true},
		{"one row, once for its key", row("(0,1)", sql.ForUpdate), row("(0,1)", sql.ForKeyShare), true},
		{"one row, both for its key", row("(0,1)", sql.ForKeyShare), row("(0,1)", sql.ForKeyShare), false},
		{"two rows", row("(0,1)", sql.ForUpdate), row("(0,2)", sql.ForUpdate), false},
		{"none", nil, row("(0,1)", sql.ForUpdate), false},
	} {
		if Overlap(tt.a, tt.b) != tt.want || Overlap(tt.b, tt.a) != tt.want {
			t.Errorf("%s: want %t", tt.name, tt.want)
		}
	}
}

// A transaction sees the locks of those that have committed since it started or are
// committing, and waits for commits that began before its own.
func TestBook(t *testing.T) {
	var b Book
	now := time.Now()
	rows := []Row{{table: "t", strength: sql.ForUpdate}}
	seen := b.Number()
	writer := b.Enter(nil, seen, now, now)
	first := b.Enter(rows, seen, now, now)
	if first.Wait(time.Millisecond) {
		t.Error("the first doesn't wait for the commit before it")
	}
	writer.Leave(true)
	if !first.Wait(time.Minute) || len(first.Others) != 0 {
		t.Errorf("the first waits, or sees %v", first.Others)
	}
	if second := b.Enter(rows, seen, now, now); len(second.Others) != 1 {
		t.Errorf("the second sees %v, want the first", second.Others)
	} else {
		second.Leave(false)
	}
	first.Leave(true)
	if third := b.Enter(rows, seen, now, now); len(third.Others) != 1 {
		t.Errorf("the third sees %v, want the first alone", third.Others)
	}
	if fourth := b.Enter(nil, b.Number(), now, now); len(fourth.Others) != 1 { // the third, which is committing
		t.Errorf("the fourth sees %v, want the third alone", fourth.Others)
	}
}
