package front

import "testing"

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		sql  string
		kind kind
		rows int
	}{
		{"INSERT INTO t VALUES (1)", kindWrite, 1},
		{"insert into t (a, b) values ($1, (SELECT 2)), ($3, f(4, (5))) ON CONFLICT (a) DO NOTHING", kindWrite, 2},
		{"INSERT INTO t VALUES ('(1), (2)'), ($$ (3) $$) RETURNING (a), (b)", kindWrite, 2},
		{"INSERT INTO t DEFAULT VALUES", kindWrite, -1},
		{"INSERT INTO t SELECT * FROM (VALUES (1)) AS v", kindWrite, -1},
		{"INSERT INTO t VALUES (1) UNION ALL SELECT 2", kindWrite, -1},
		{"INSERT INTO t VALUES (1) UNION ALL VALUES (2), (3)", kindWrite, -1},
		{"/* INSERT */ SELECT 'DELETE FROM t'", kindRead, -1},
		{"WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", kindWrite, -1},
		{"EXPLAIN ANALYZE INSERT INTO t VALUES (1)", kindWrite, -1},
		{"-- first\nBEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", kindBegin, -1},
		{"start transaction", kindBegin, -1},
		{"END", kindCommit, -1},
		{"ABORT WORK", kindRollback, -1},
		{"SET LOCAL timezone TO 'UTC'", kindRead, -1},
		{"SET timezone TO 'UTC'", kindSet, -1},
		{"ALTER TABLE t ADD COLUMN a int", kindDDL, -1},
		{"DEALLOCATE PREPARE x", kindDeallocate, -1},
		{"AWS IAM GRANT r TO 'arn'", kindDDL, -1},
	} {
		all := classify(c.sql + "; ;")
		if len(all) != 1 || all[0].refused != nil || all[0].kind != c.kind || all[0].rows != c.rows {
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
