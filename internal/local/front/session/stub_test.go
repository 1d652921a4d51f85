package session

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// stub answers as PostgreSQL does, without understanding.
type stub struct{ open atomic.Int64 }

func stubGroup(t testing.TB) (*Group, *stub) {
	t.Helper()
	st := &stub{}
	config, err := pgconn.ParseConfig("postgres://x@127.0.0.1/x?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		answers := make(chan []byte, 1<<16)
		go st.serve(theirs, answers)
		go func() {
			for b := range answers {
				_, _ = theirs.Write(b) // the front may have closed it
			}
			_ = theirs.Close()
		}()
		return ours, nil
	}
	limits := Limits{Rows: 20, TransactionBytes: 1000, TransactionAge: time.Hour, MessageBytes: 1 << 16}
	group := &Group{
		options: Options{Limits: limits, Faults: fault.New(nil, 0), Now: time.Now},
		pool:    &pool{config: config, max: 2, most: 4, patience: time.Minute, watch: newWatch(0), all: map[*server]struct{}{}},
		cache:   newCache(), done: make(chan struct{}),
	}
	t.Cleanup(group.pool.close)
	return group, st
}

func (st *stub) serve(conn net.Conn, answers chan<- []byte) {
	defer close(answers)
	if _, err := wire.ReadStartup(conn); err != nil {
		return
	}
	state := byte(wire.Idle)
	ready := func(b []byte) []byte { return wire.Encode(b, &pgproto3.ReadyForQuery{TxStatus: state}) }
	b := wire.Encode(nil, &pgproto3.AuthenticationOk{})
	answers <- ready(wire.Encode(b, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: make([]byte, 4)}))
	defer func() { st.enter(&state, wire.Idle) }()
	for in := wire.NewReader(conn); ; {
		frame, err := in.Next()
		if err != nil {
			return
		}
		var b []byte
		switch wire.Kind(frame) {
		case 'P':
			b = append(b, wire.ParseComplete...)
		case 'B':
			b = append(b, wire.BindComplete...)
		case 'C':
			b = append(b, wire.CloseComplete...)
		case 'D':
			if frame[wire.HeadBytes] == 'S' {
				b = append(b, wire.NoParameters...)
			}
			b = append(b, wire.NoData...)
		case 'E':
			b = wire.AppendFrame(b, 'C', "INSERT 0 7")
		case 'S':
			b = ready(b)
		case 'Q':
			st.query(string(wire.Body(frame)), &state)
			b = ready(wire.AppendFrame(b, 'C', "UPDATE 7"))
		}
		answers <- b
	}
}

func (st *stub) query(text string, state *byte) {
	switch text {
	case "BEGIN\x00", "BEGIN" + snapshotSQL + "\x00", sql.BeginReadOnly + "\x00", sql.BeginReadOnly + snapshotSQL + "\x00":
		st.enter(state, wire.Inside)
	case "COMMIT\x00", "ROLLBACK\x00":
		st.enter(state, wire.Idle)
	}
}

func (st *stub) enter(state *byte, next byte) {
	if *state != next {
		st.open.Add(map[byte]int64{wire.Inside: 1, wire.Idle: -1}[next])
	}
	*state = next
}
