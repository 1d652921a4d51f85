package session

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"

	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/wire"
)

// FuzzSession feeds a session whatever a client may send. The session must come
// to an end, its answers must be whole frames, and no server connection may stay
// away or in a transaction.
func FuzzSession(f *testing.F) {
	group, stub := stubGroup(f)
	const insert = "INSERT INTO t VALUES (1), (2)"
	f.Add(pipelineOf("BEGIN", insert, "COMMIT", "UPDATE t SET a = 1"))
	f.Add(append(queryOf("BEGIN"), pipelineOf(insert, "TRUNCATE t", "ROLLBACK")...))
	const lock = "SELECT a FROM t AS x, u WHERE b = $1 FOR UPDATE OF x FOR KEY SHARE"
	f.Add(append(queryOf("BEGIN"), pipelineOf(lock, insert, "COMMIT", lock)...))
	f.Add(append(queryOf("BEGIN;"+lock), queryOf("COMMIT;SHOW server_version")...))
	f.Add(pipelineOf("CREATE INDEX ASYNC ON t (a)", "SELECT version(), * FROM sys.jobs"))
	f.Add(append(queryOf("DECLARE c CURSOR WITH HOLD FOR SELECT 1"), pipelineOf("BEGIN", "FETCH 1 FROM c", "CLOSE ALL")...))
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn := &scripted{in: bytes.NewReader(sent)}
		group.New(conn, Settings{}).Run()
		checkAnswers(t, conn.out.Bytes())
		group.pool.mu.Lock()
		defer group.pool.mu.Unlock()
		if len(group.pool.idle) != len(group.pool.all) {
			t.Errorf("%d of %d server connections came back", len(group.pool.idle), len(group.pool.all))
		}
		// One whose connection is closed ends a moment later.
		eventually.True(t, "no transaction is open", func() bool { return stub.open.Load() == 0 })
	})
}

func checkAnswers(t *testing.T, answers []byte) {
	t.Helper()
	for in := wire.NewReader(bytes.NewReader(answers)); ; {
		frame, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("answers end in the middle of a frame: %v", err)
		}
		if frame[0] == 'Z' && !strings.Contains("ITE", string(wire.Body(frame))) {
			t.Errorf("ready in state %q", wire.Body(frame))
		}
	}
}

// scripted is a client that sends what it has and reads everything.
type scripted struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (c *scripted) Read(b []byte) (int, error) { return c.in.Read(b) }

func (c *scripted) Write(b []byte) (int, error) { return c.out.Write(b) }

func (c *scripted) SetDeadline(time.Time) error { return nil }

func (c *scripted) SetReadDeadline(time.Time) error { return nil }

func (c *scripted) Close() error { return nil }

// pipelineOf is what a client sends for several statements and one Sync.
func pipelineOf(statements ...string) []byte {
	var b []byte
	for _, sql := range statements {
		b, _ = (&pgproto3.Parse{Query: sql}).Encode(b)
		b, _ = (&pgproto3.Describe{ObjectType: 'S'}).Encode(b)
		b, _ = (&pgproto3.Bind{}).Encode(b)
		b, _ = (&pgproto3.Describe{ObjectType: 'P'}).Encode(b)
		b, _ = (&pgproto3.Execute{}).Encode(b)
	}
	return append(b, 'S', 0, 0, 0, 4)
}

func queryOf(sql string) []byte { return wire.AppendFrame(nil, 'Q', sql) }
