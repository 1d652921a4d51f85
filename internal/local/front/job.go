package front

import (
	"context"
	"crypto/rand"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// The types of jobs.
const (
	indexBuild         = "INDEX_BUILD"
	validateConstraint = "VALIDATE_CONSTRAINT"
)

// sysSQL makes the schema sys.
//
//go:embed sys.sql
var sysSQL string

// job is what DSQL does after a statement with ASYNC. The front does it at once,
// so a job that can be seen is completed. The zero value is none.
type job struct{ id, kind string }

func newJob(kind string) job {
	if kind == "" {
		return job{}
	}
	return job{strings.ToLower(rand.Text()), kind}
}

// job is the type of the job that a statement with ASYNC starts.
func (s statement) job() string {
	switch {
	case s.indexAt() > 0 && s.is(s.indexAt()+1, "async"):
		return indexBuild
	case s.has(0, "alter", "table", "async"):
		return validateConstraint
	}
	return ""
}

// forPostgres is the statement as PostgreSQL knows it, also one before version
// 16: without ASYNC and without the STORAGE of a new column.
func (s statement) forPostgres() string {
	edits := s.storages()
	if s.job() != "" {
		edits = append(edits, without(slices.IndexFunc(s.tokens, func(t sqlToken) bool {
			return t.kind == tokWord && strings.EqualFold(s.text[t.from:t.to], "async")
		}), 1))
	}
	return s.edited(edits...)
}

// recordJob notes the transaction's job, if there is one.
func (s *session) recordJob() *refusal {
	if s.tx.job.kind == "" {
		return nil
	}
	if err := s.server.do(s.tx.job.record()); err != nil {
		return s.told(err)
	}
	return nil
}

// record is SQL that notes the job in its own transaction, with the object that
// this transaction made or changed.
func (j job) record() string {
	const head = "INSERT INTO sys.jobs SELECT '{id}', 'completed', NULL, '{kind}', '{class}'::regclass, o.oid, o.name, now(), now() FROM (SELECT) AS one LEFT JOIN ("
	const tail = ") AS o ON true ORDER BY o.oid DESC LIMIT 1;"
	object, class := "SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"+
		" WHERE c.relkind IN ('i', 'I') AND c.xmin = pg_current_xact_id()::xid", "pg_catalog.pg_class"
	if j.kind == validateConstraint {
		object, class = "SELECT c.oid, n.nspname || '.' || c.conname AS name FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace"+
			" WHERE c.xmin = pg_current_xact_id()::xid", "pg_catalog.pg_constraint"
	}
	return strings.NewReplacer("{id}", j.id, "{kind}", j.kind, "{class}", class).Replace(head) + object + tail
}

// shape is the class, if the client sees another answer than PostgreSQL's.
func (c *class) shape() *class {
	if c.job == "" && c.tag == "" && c.lock == nil {
		return nil
	}
	return c
}

// reshape turns a frame of PostgreSQL's into what the client sees: the row of a
// job, which goes before it, another tag, or fewer columns.
func (s *session) reshape(st *step, frame []byte) []byte {
	switch k := kindOf(frame); {
	case st.shape.lock != nil:
		return s.visible(st.shape.lock, frame)
	case k == 'C' && st.shape.tag != "":
		return appendFrame(nil, 'C', st.shape.tag)
	case k == 'n' && st.shape.job != "":
		return jobColumn()
	case k == 'C' && st.shape.job != "":
		if st.simple {
			s.answer = append(s.answer, jobColumn()...)
		}
		s.answer = encode(s.answer, &pgproto3.DataRow{Values: [][]byte{[]byte(s.tx.job.id)}})
	}
	return frame
}

func jobColumn() []byte {
	return encode(nil, &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("job_id"), DataTypeOID: pgtype.TextOID, DataTypeSize: -1, TypeModifier: -1},
	}})
}

// readsSystem reports whether the statement names something of the schema sys.
func (s statement) readsSystem() bool {
	for i := range s.tokens {
		if s.inSystem(i) {
			return true
		}
	}
	return false
}

// catalog is the schema sys in the PostgreSQL behind. It is made when a client
// first needs it.
type catalog struct {
	mu   sync.Mutex
	made bool
}

// ensure makes the schema sys, if c needs it.
func (f *Front) ensure(c *class) *refusal {
	if !c.system {
		return nil
	}
	f.catalog.mu.Lock()
	defer f.catalog.mu.Unlock()
	if f.catalog.made {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), connectTimeout)
	defer stop()
	conn, err := pgconn.ConnectConfig(ctx, f.pool.config.Copy())
	if err != nil {
		return serverLost()
	}
	defer func() { _ = conn.Close(ctx) }() // its work is done
	if _, err := conn.Exec(ctx, sysSQL).ReadAll(); err != nil {
		return &refusal{code: "XX000", message: "schema sys: " + err.Error()}
	}
	f.catalog.made = true
	return nil
}
