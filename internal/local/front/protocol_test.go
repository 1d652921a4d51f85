package front

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// raw is a client that speaks the protocol by the message.
type raw struct {
	*pgproto3.Frontend
	t *testing.T
}

func rawClient(t *testing.T, f *Front) raw {
	t.Helper()
	r, _ := rawConn(t, f)
	return r
}

func rawConn(t *testing.T, f *Front) (raw, net.Conn) {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), urlFor(f, adminUser, tokenOf(t, adminUser), ""))
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Conn.Close() }) // its work is done
	if err := h.Conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return raw{h.Frontend, t}, h.Conn
}

// ask sends messages and returns the answers, up to the first of
// type last.
func (r raw) ask(last string, messages ...pgproto3.FrontendMessage) (got []string) {
	r.t.Helper()
	for _, m := range messages {
		r.Send(m)
	}
	if err := r.Flush(); err != nil {
		r.t.Fatal(err)
	}
	for {
		m, err := r.Receive()
		if err != nil {
			r.t.Fatalf("after %v: %v", got, err)
		}
		name := fmt.Sprintf("%T", m)[len("*pgproto3."):]
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			name = m.Code
		case *pgproto3.CommandComplete:
			name = string(m.CommandTag)
		case *pgproto3.ReadyForQuery:
			name += " " + string(m.TxStatus)
		}
		got = append(got, name)
		if name == last {
			return got
		}
	}
}

func (r raw) want(want []string, messages ...pgproto3.FrontendMessage) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.ask(want[len(want)-1], messages...)); diff != "" {
		r.t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// Answers come at a Flush, the commit at the Sync; a portal can be fetched in
// parts; after an error all is skipped up to the Sync.
func TestExtendedProtocol(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	r := rawClient(t, f)
	parse := func(sql string) *pgproto3.Parse { return &pgproto3.Parse{Query: sql} }
	bind, execute, sync := &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}
	r.want([]string{"ParseComplete", "BindComplete", "INSERT 0 2"},
		parse("INSERT INTO "+name+" VALUES (1), (2)"), bind, execute, &pgproto3.Flush{})
	if n := count(t, direct(t), name); n != 0 {
		t.Errorf("%d rows are committed before the Sync", n)
	}
	r.want([]string{"ReadyForQuery I"}, sync)
	if n := count(t, direct(t), name); n != 2 {
		t.Errorf("%d rows after the Sync, want 2", n)
	}

	r.want([]string{"BEGIN", "ReadyForQuery T"}, &pgproto3.Query{String: "BEGIN"})
	r.want([]string{"ParseComplete", "BindComplete", "RowDescription", "DataRow", "PortalSuspended", "ReadyForQuery T"},
		&pgproto3.Parse{Name: "s", Query: "SELECT id FROM " + name}, &pgproto3.Bind{PreparedStatement: "s", DestinationPortal: "p"},
		&pgproto3.Describe{ObjectType: 'P', Name: "p"}, &pgproto3.Execute{Portal: "p", MaxRows: 1}, sync)
	r.want([]string{"DataRow", "SELECT 1", "CloseComplete", "CloseComplete", "ReadyForQuery T"}, &pgproto3.Execute{Portal: "p"},
		&pgproto3.Close{ObjectType: 'P', Name: "p"}, &pgproto3.Close{ObjectType: 'S', Name: "s"}, sync)
	r.want([]string{"34000", "ReadyForQuery E"}, &pgproto3.Execute{Portal: "p"}, parse("SELECT 1"), sync)
	r.want([]string{"25P02", "ReadyForQuery E"}, parse("SELECT 1"), bind, execute, sync)
	r.want([]string{"ParseComplete", "ParameterDescription", "NoData", "BindComplete", "NoData", "ROLLBACK", "ReadyForQuery I"}, parse("COMMIT"),
		&pgproto3.Describe{ObjectType: 'S'}, bind, &pgproto3.Describe{ObjectType: 'P'}, execute, sync)
	r.want([]string{"26000", "ReadyForQuery I"}, &pgproto3.Bind{PreparedStatement: "s"}, execute, sync)

	r.want([]string{"NoticeResponse", "COMMIT", "ReadyForQuery I"}, &pgproto3.Query{String: "COMMIT"})
	r.want([]string{"EmptyQueryResponse", "ReadyForQuery I"}, &pgproto3.Query{})
	r.want([]string{"ParseComplete", "BindComplete", "EmptyQueryResponse", "ReadyForQuery I"}, parse(""), bind, execute, sync)
	r.want([]string{"0A000", "ReadyForQuery I"}, &pgproto3.FunctionCall{})
	r.want([]string{"ParseComplete", "BindComplete", "42601", "ReadyForQuery I"}, parse("SELECT 1"), bind, parse("SELEC"), execute, sync)
	r.want([]string{"ParseComplete", "08P01", "ReadyForQuery I"}, parse("SELECT 1"), &pgproto3.Bind{ParameterFormatCodes: []int16{1, 1, 1}}, sync)
}

// A row that a later part of the same pipeline makes invalid is gone with it.
func TestPipelineIsOneTransaction(t *testing.T) {
	f := start(t, func(o *Options) { o.Limits.Rows = 5 })
	name := table(t)
	r := rawClient(t, f)
	insert := func(from, to int) []pgproto3.FrontendMessage {
		return []pgproto3.FrontendMessage{&pgproto3.Parse{Query: series(name, from, to)}, &pgproto3.Bind{}, &pgproto3.Execute{}}
	}
	messages := append(insert(1, 3), insert(4, 6)...)
	messages = append(append(messages, insert(7, 7)...), &pgproto3.Sync{})
	r.want([]string{"ParseComplete", "BindComplete", "INSERT 0 3", "ParseComplete", "BindComplete", "54000", "ReadyForQuery I"}, messages...)
	if n := count(t, direct(t), name); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// The PostgreSQL connection of a transaction is lost: the client is told, and
// goes on with another.
func TestServerLost(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "")
	run(t, c, "BEGIN", "INSERT INTO "+name+" VALUES (1)")
	run(t, direct(t), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dsql-front' AND state = 'idle in transaction'")
	_, err := c.Exec(context.Background(), "INSERT INTO "+name+" VALUES (2)")
	wantCode(t, err, "XX000", "server unavailable")
	run(t, c, "ROLLBACK", "INSERT INTO "+name+" VALUES (3)")
	if n := count(t, c, name); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}
