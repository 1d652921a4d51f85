package front

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What clients send first, message by message as each of them sent it, gets the
// answers that its file has. A file's line is a message's type and its body; "X"
// ends a connection, "=" is what the front returned for the messages before.
func TestClients(t *testing.T) {
	files, err := filepath.Glob("testdata/clients/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	f := start(t, nil)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			run(t, direct(t), "DROP TABLE IF EXISTS items, sa_items, sa_ident, dj_items CASCADE", "CREATE TABLE items (id int PRIMARY KEY, v text)")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, f, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
	run(t, direct(t), "DROP TABLE IF EXISTS items, sa_items, sa_ident, dj_items CASCADE")
}

// replay sends the messages of a recording, and returns it with the answers.
func replay(t *testing.T, f *Front, recording string) string {
	t.Helper()
	var b strings.Builder
	var r raw
	var conn net.Conn
	for line := range strings.Lines(recording) {
		kind, quoted, _ := strings.Cut(strings.TrimSpace(line), " ")
		if kind == "=" {
			continue
		}
		b.WriteString(line)
		body, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if conn == nil {
			r, conn = rawConn(t, f)
		}
		frame, at := wire.Begin(nil, kind[0])
		if _, err := conn.Write(wire.End(append(frame, body...), at)); err != nil {
			t.Fatal(err)
		}
		switch kind {
		case "S", "Q":
			b.WriteString("= " + strings.Join(r.summary(), ", ") + "\n")
		case "X":
			_ = conn.Close() // the front does as well
			conn = nil
		}
	}
	return b.String()
}

// summary is the messages up to ReadyForQuery, without rows and their number:
// catalogs differ between PostgreSQL's versions.
func (r raw) summary() (all []string) {
	for {
		m, err := r.Receive()
		if err != nil {
			return append(all, err.Error())
		}
		switch m := m.(type) {
		case *pgproto3.DataRow:
		case *pgproto3.ParameterStatus:
		case *pgproto3.ErrorResponse:
			text := m.Code
			if m.Code == "0A000" {
				text += " " + m.Message
			}
			all = append(all, text)
		case *pgproto3.CommandComplete:
			all = append(all, strings.TrimRight(string(m.CommandTag), " 0123456789"))
		case *pgproto3.ReadyForQuery:
			return append(all, "ready "+string(m.TxStatus))
		default:
			all = append(all, fmt.Sprintf("%T", m)[len("*pgproto3."):])
		}
	}
}
