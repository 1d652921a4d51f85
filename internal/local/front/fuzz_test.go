package front

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
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
		group.New(conn, settings{}).run()
		checkAnswers(t, conn.out.Bytes())
		group.pool.mu.Lock()
		defer group.pool.mu.Unlock()
		if len(group.pool.idle) != len(group.pool.all) {
			t.Errorf("%d of %d server connections came back", len(group.pool.idle), len(group.pool.all))
		}
		// One whose connection is closed ends a moment later.
		for end := time.Now().Add(10 * time.Second); stub.open.Load() != 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d transactions are open", stub.open.Load())
			}
		}
	})
}

func checkAnswers(t *testing.T, answers []byte) {
	t.Helper()
	for in := (incoming{r: bytes.NewReader(answers)}); ; {
		frame, err := in.next()
		if errors.Is(err, io.EOF) && in.to == in.from {
			return
		}
		if err != nil {
			t.Fatalf("answers end in the middle of a frame: %v", err)
		}
		if frame[0] == 'Z' && !strings.Contains("ITE", string(bodyOf(frame))) {
			t.Errorf("ready in state %q", bodyOf(frame))
		}
	}
}

// FuzzSQL: tokens are in order and leave out nothing but blanks and comments; a
// statement cut out of a text means the same by itself.
func FuzzSQL(f *testing.F) {
	for _, header := range []string{"statement", "accepted statement"} {
		for _, row := range documented(f, header) {
			f.Add(row[0])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		sc := scanner{text: text}
		at := int32(0)
		for {
			tok, ok := sc.next()
			if !ok {
				break
			}
			if tok.from < at || tok.to <= tok.from || int(tok.to) > len(text) {
				t.Fatalf("token %v after %d in a text of %d", tok, at, len(text))
			}
			gap := scanner{text: text[at:tok.from]}
			if _, more := gap.next(); more {
				t.Fatalf("%q left out", gap.text)
			}
			at = tok.to
		}
		for _, s := range split(text) {
			c := classOf(s)
			again := classify(s.sql())
			if len(again) != 1 || again[0].kind != c.kind || (again[0].refused == nil) != (c.refused == nil) || again[0].rows != c.rows {
				t.Fatalf("%q by itself is %+v, in its text %+v", s.sql(), again, c)
			}
		}
	})
}

// FuzzConnect: what comes before a session, a startup message and a token.
func FuzzConnect(f *testing.F) {
	f.Add(startupOf("user", "admin", "database", "postgres", "timezone", "UTC"), tokenOf(f, "app"))
	v := verifier{region: region, port: 6543, credentials: credentialsForTest(), now: time.Now}
	f.Fuzz(func(t *testing.T, packet []byte, token string) {
		if body, err := readStartup(bytes.NewReader(packet)); err == nil {
			if st, refused := parseStartup(body); refused == nil && st.user == "" {
				t.Error("nobody is welcome")
			}
		}
		if v.check(token, host, adminUser) == nil {
			t.Errorf("token %q was not signed by us", token)
		}
	})
}

// scripted is a client that sends what it has and reads everything.
type scripted struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (c *scripted) Read(b []byte) (int, error)      { return c.in.Read(b) }
func (c *scripted) Write(b []byte) (int, error)     { return c.out.Write(b) }
func (c *scripted) SetDeadline(time.Time) error     { return nil }
func (c *scripted) SetReadDeadline(time.Time) error { return nil }
func (c *scripted) Close() error                    { return nil }

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
	for in := (incoming{r: conn}); ; {
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

func queryOf(sql string) []byte { return appendFrame(nil, 'Q', sql) }

func startupOf(parameters ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, 3<<16)
	for _, p := range parameters {
		body = appendText(body, p)
	}
	body = append(body, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}
