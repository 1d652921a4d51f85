package session

import (
	"context"
	"net"
	"testing"
	"time"

	"dsql-load-test/internal/postgrestest"

	"github.com/jackc/pgx/v5/pgconn"
)

// lateWriter is a connection on a machine so busy that its first Write comes back
// long after the other side has answered.
type lateWriter struct {
	net.Conn
	wrote bool
}

func (c *lateWriter) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if !c.wrote {
		c.wrote = true
		time.Sleep(500 * time.Millisecond)
	}
	return n, err
}

// pgconn reads in the background while a write is slow. What PostgreSQL says
// later must not go to that reader.
func TestServerAfterSlowWrite(t *testing.T) {
	t.Parallel()
	config, err := pgconn.ParseConfig(postgrestest.Server(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &lateWriter{Conn: c}, err
	}
	v, err := newServer(context.Background(), config, answerTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	if err := v.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := v.do("SELECT 1"); err != nil {
		t.Error(err)
	}
}
