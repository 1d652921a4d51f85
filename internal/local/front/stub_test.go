package front

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
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
		options: GroupOptions{Limits: limits, Faults: newInjector(nil, 0), Now: time.Now},
		pool:    &pool{config: config, max: 2, most: 4, watch: newWatch(0), all: map[*server]struct{}{}},
		cache:   newCache(), done: make(chan struct{}),
	}
	t.Cleanup(group.pool.close)
	return group, st
}

func (st *stub) serve(conn net.Conn, answers chan<- []byte) {
	defer close(answers)
	if _, err := readStartup(conn); err != nil {
		return
	}
	state := byte(idle)
	ready := func(b []byte) []byte { return encode(b, &pgproto3.ReadyForQuery{TxStatus: state}) }
	b := encode(nil, &pgproto3.AuthenticationOk{})
	answers <- ready(encode(b, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: make([]byte, 4)}))
	defer func() { st.enter(&state, idle) }()
	for in := newReader(conn); ; {
		frame, err := in.next()
		if err != nil {
			return
		}
		var b []byte
		switch kindOf(frame) {
		case 'P':
			b = append(b, parseComplete...)
		case 'B':
			b = append(b, bindComplete...)
		case 'C':
			b = append(b, closeComplete...)
		case 'D':
			if frame[headBytes] == 'S' {
				b = append(b, noParameters...)
			}
			b = append(b, noData...)
		case 'E':
			b = appendFrame(b, 'C', "INSERT 0 7")
		case 'S':
			b = ready(b)
		case 'Q':
			st.query(string(bodyOf(frame)), &state)
			b = ready(appendFrame(b, 'C', "UPDATE 7"))
		}
		answers <- b
	}
}

func (st *stub) query(sql string, state *byte) {
	switch sql {
	case "BEGIN\x00", "BEGIN" + snapshotSQL + "\x00", beginReadOnly + "\x00", beginReadOnly + snapshotSQL + "\x00":
		st.enter(state, inside)
	case "COMMIT\x00", "ROLLBACK\x00":
		st.enter(state, idle)
	}
}

func (st *stub) enter(state *byte, next byte) {
	if *state != next {
		st.open.Add(map[byte]int64{inside: 1, idle: -1}[next])
	}
	*state = next
}
