package session

import (
	"crypto/rand"
	"strings"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// job is what DSQL does after a statement with ASYNC. The front does it at once,
// so a job that can be seen is completed. The zero value is none.
type job struct{ id, kind string }

func newJob(kind string) job {
	if kind == "" {
		return job{}
	}
	return job{strings.ToLower(rand.Text()), kind}
}

// recordJob writes the transaction's job to sys.jobs, if there is a job.
func (s *Conn) recordJob() *wire.Error {
	if s.tx.job.kind == "" {
		return nil
	}
	if err := s.server.do(s.tx.job.record()); err != nil {
		return s.errorFor(err)
	}
	return nil
}

// record returns SQL that writes the job in its own transaction, with the object that
// this transaction made or changed.
func (j job) record() string {
	const head = "INSERT INTO sys.jobs SELECT '{id}', 'completed', NULL, '{kind}', '{class}'::regclass, o.oid, o.name, now(), now() FROM (SELECT) AS one LEFT JOIN ("
	const tail = ") AS o ON true ORDER BY o.oid DESC LIMIT 1;"
	object, class := "SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"+
		" WHERE c.relkind IN ('i', 'I') AND c.xmin = pg_current_xact_id()::xid", "pg_catalog.pg_class"
	if j.kind == sql.ValidateConstraint {
		object, class = "SELECT c.oid, n.nspname || '.' || c.conname AS name FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace"+
			" WHERE c.xmin = pg_current_xact_id()::xid", "pg_catalog.pg_constraint"
	}
	return strings.NewReplacer("{id}", j.id, "{kind}", j.kind, "{class}", class).Replace(head) + object + tail
}
