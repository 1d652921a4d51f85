package front

import (
	"strings"
	"testing"

	"dsql-load-test/internal/local/front/wire"
)

// Who committed after a block's snapshot is met as a conflict, not as a duplicate
// key; who committed before is.
func TestKeyAfterSnapshot(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	run(t, direct(t), "ALTER TABLE "+name+" ADD a text, ADD b bool, ADD CONSTRAINT pair UNIQUE (a, b), ADD CONSTRAINT late UNIQUE (v) DEFERRABLE INITIALLY DEFERRED",
		"CREATE UNIQUE INDEX ON "+name+" (lower(v || ', '))")
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1, 'one')")
	for i, tt := range []struct{ earlier, later, end string }{
		{"INSERT INTO {t} VALUES (10)", "INSERT INTO {t} VALUES (10)", ""},
		{"INSERT INTO {t} VALUES (11)", "INSERT INTO {t} VALUES (11) ON CONFLICT DO NOTHING", ""},
		{"INSERT INTO {t} VALUES (12)", "UPDATE {t} SET id = 12 WHERE id = 1", ""},
		{"INSERT INTO {t} VALUES (13, NULL, 'x, t', true)", "INSERT INTO {t} VALUES (14, NULL, 'x, t', true)", ""},
		{"INSERT INTO {t} VALUES (15, 'Word')", "INSERT INTO {t} VALUES (16, 'word')", ""},
		{"INSERT INTO {t} VALUES (17, 'late')", "INSERT INTO {t} VALUES (17)", ""},
	} {
		sql := strings.NewReplacer("{t}", name)
		run(t, b, "BEGIN")
		run(t, a, sql.Replace(tt.earlier))
		if got := do(t, b, sql.Replace(tt.later)); got != dataConflict {
			t.Errorf("%d: %q, want a conflict", i, got)
		}
		if got := do(t, b, "SELECT 1"); got != "25P02" {
			t.Errorf("%d: the block goes on: %q", i, got)
		}
		run(t, b, "ROLLBACK", "BEGIN")
		want := "23505"
		if strings.Contains(tt.later, "NOTHING") {
			want = ""
		}
		if got := do(t, b, sql.Replace(tt.later)); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
		run(t, b, "ROLLBACK")
	}
	run(t, direct(t), "DROP INDEX "+name+"_lower_idx")
	run(t, b, "BEGIN")
	run(t, a, "INSERT INTO "+name+" VALUES (21, 'deferred')")
	run(t, b, "INSERT INTO "+name+" VALUES (20, 'deferred')")
	if got := do(t, b, "COMMIT"); got != dataConflict {
		t.Errorf("at COMMIT: %q, want a conflict", got)
	}
}

// A key that another transaction has deleted since the block's BEGIN can't be
// inserted in the block, whose own row and the deleted one it would both see.
func TestKeyDeletedMeanwhile(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	run(t, direct(t), "CREATE UNIQUE INDEX ON "+name+" (lower(v)) WHERE v <> ''")
	a, b := connect(t, f, ""), connect(t, f, "")
	for _, tt := range []struct{ first, insert, want string }{
		{"DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (1)", dataConflict},
		{"DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (2, 'Word')", dataConflict},
		{"UPDATE {t} SET id = 9 WHERE id = 1", "INSERT INTO {t} VALUES (1)", dataConflict},
		{"UPDATE {t} SET v = 'other' WHERE id = 1", "INSERT INTO {t} VALUES (2, 'Word')", dataConflict},
		{"DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (2, '')", ""},
		{"WITH d AS (DELETE FROM {t} RETURNING id) SELECT * FROM d", "WITH i AS (INSERT INTO public.{t} VALUES (1) RETURNING id) SELECT * FROM i", dataConflict},
		{"UPDATE {t} SET v = 'other' WHERE id = 1", "INSERT INTO {t} VALUES (2, 'third')", ""},
	} {
		sql := strings.NewReplacer("{t}", name)
		run(t, a, "DELETE FROM "+name, "INSERT INTO "+name+" VALUES (1, 'word')")
		run(t, b, "BEGIN")
		run(t, a, sql.Replace(tt.first))
		run(t, b, sql.Replace(tt.insert))
		if got := do(t, b, "COMMIT"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.insert, got, tt.want)
		}
		run(t, b, "BEGIN", "DELETE FROM "+name, "INSERT INTO "+name+" VALUES (1, 'word')", "COMMIT") // its own
	}
}

// A block sees what had committed when it began, not when its first statement
// came.
func TestSnapshotAtBegin(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	a := connect(t, f, "")
	for _, mode := range []string{"simple_protocol", "exec", "cache_statement"} {
		for _, begin := range []string{"BEGIN", "BEGIN READ ONLY", "START TRANSACTION READ WRITE"} {
			b := connect(t, f, "default_query_exec_mode="+mode)
			run(t, a, "DELETE FROM "+name)
			run(t, b, begin)
			run(t, a, "INSERT INTO "+name+" VALUES (1)")
			if n := count(t, b, name); n != 0 {
				t.Errorf("%s, %s: it sees %d rows committed later", mode, begin, n)
			}
			run(t, b, "COMMIT")
			if n := count(t, b, name); n != 1 {
				t.Errorf("%s: %d rows after it, want 1", mode, n)
			}
		}
	}
	b := connect(t, f, "default_query_exec_mode=simple_protocol")
	run(t, b, "SELECT 1; BEGIN; SELECT 2") // in the middle of a request
	run(t, a, "INSERT INTO "+name+" VALUES (2)")
	if n := count(t, b, name); n != 1 {
		t.Errorf("BEGIN in a request of several: %d rows, want 1", n)
	}
	if got := do(t, b, "INSERT INTO "+name+" VALUES (2)"); got != dataConflict {
		t.Errorf("its key: %q", got)
	}
	run(t, b, "ROLLBACK", "BEGIN", "COMMIT", "BEGIN; COMMIT", "BEGIN", "ROLLBACK")
}

// A BEGIN that finds no connection is no BEGIN.
func TestFailedBegin(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "")
	run(t, c, "SELECT 1")
	run(t, direct(t), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dsql-front'")
	if got := do(t, c, "BEGIN"); got != "XX000" {
		t.Errorf("BEGIN: %q", got)
	}
	if state := c.PgConn().TxStatus(); state != wire.Idle {
		t.Errorf("state %c", state)
	}
	run(t, c, "BEGIN", "SELECT 1", "COMMIT")
}
