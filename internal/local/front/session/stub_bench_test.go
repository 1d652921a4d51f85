package session

import (
	"net"
	"testing"

	"dsql-load-test/internal/local/front/wire"
)

// BenchmarkStatement sends one prepared statement after another to a session whose PostgreSQL is
// a stub. Its allocations include the stub's.
func BenchmarkStatement(b *testing.B) {
	g, _ := stubGroup(b)
	client, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.New(theirs, Settings{}).Run()
	}()
	defer func() {
		_ = client.Close()
		<-done
	}()
	in := wire.NewReader(client)
	exchange := func(frames []byte) {
		if _, err := client.Write(frames); err != nil {
			b.Fatal(err)
		}
		for {
			frame, err := in.Next()
			if err != nil {
				b.Fatal(err)
			}
			switch wire.Kind(frame) {
			case 'E':
				b.Fatalf("%q", frame)
			case 'Z':
				return
			}
		}
	}
	sync := []byte{'S', 0, 0, 0, 4}
	exchange(append(wire.AppendFrame(nil, 'P', "s", "INSERT INTO t VALUES (1)", "\x00"), sync...))
	statement := wire.AppendFrame(nil, 'B', "", "s", "\x00\x00\x00\x00\x00")
	statement = append(wire.AppendFrame(statement, 'D', "P"), 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0)
	statement = append(statement, sync...)
	b.ReportAllocs()
	for b.Loop() {
		exchange(statement)
	}
}
