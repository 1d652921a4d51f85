package sql

import "testing"

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		sql  string
		kind Kind
		rows int
	}{
		{"INSERT INTO t VALUES (1)", Write, 1},
		{"insert into t (a, b) values ($1, (SELECT 2)), ($3, f(4, (5))) ON CONFLICT (a) DO NOTHING", Write, 2},
		{"INSERT INTO t VALUES ('(1), (2)'), ($$ (3) $$) RETURNING (a), (b)", Write, 2},
		{"INSERT INTO t DEFAULT VALUES", Write, -1},
		{"INSERT INTO t SELECT * FROM (VALUES (1)) AS v", Write, -1},
		{"INSERT INTO t VALUES (1) UNION ALL SELECT 2", Write, -1},
		{"INSERT INTO t VALUES (1) UNION ALL VALUES (2), (3)", Write, -1},
		{"/* INSERT */ SELECT 'DELETE FROM t'", Read, -1},
		{"WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", Write, -1},
		{"EXPLAIN ANALYZE INSERT INTO t VALUES (1)", Write, -1},
		{"-- first\nBEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", Begin, -1},
		{"start transaction", Begin, -1},
		{"END", Commit, -1},
		{"ABORT WORK", Rollback, -1},
		{"SET LOCAL timezone TO 'UTC'", Read, -1},
		{"SET timezone TO 'UTC'", Set, -1},
		{"ALTER TABLE t ADD COLUMN a int", DDL, -1},
		{"DEALLOCATE PREPARE x", Deallocate, -1},
		{"AWS IAM GRANT r TO 'arn'", DDL, -1},
	} {
		all := Classify(c.sql + "; ;")
		if len(all) != 1 || all[0].Refused != nil || all[0].Kind != c.kind || all[0].Rows != c.rows {
			t.Errorf("%s: %+v, want kind %d and %d rows", c.sql, all, c.kind, c.rows)
		}
	}
}

func TestSplit(t *testing.T) {
	text := `SELECT ';' /* ; /* ; */ ; */; SELECT E'\';' -- ;
	; SELECT $a$ ; $$ ; $a$, $1;; SELECT (1;2), ";", U&"a;b"; x`
	want := []string{`SELECT ';'`, `SELECT E'\';'`, `SELECT $a$ ; $$ ; $a$, $1`, `SELECT (1;2), ";", U&"a;b"`, "x"}
	got := split(text)
	if len(got) != len(want) {
		t.Fatalf("%d statements, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].sql() != want[i] {
			t.Errorf("statement %d is %q, want %q", i, got[i].sql(), want[i])
		}
	}
}
