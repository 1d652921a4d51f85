package front

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/child"
)

const (
	idleRole  = "idle-clients" // child role: many idle clients in a process of their own
	idleURL   = "TEST_IDLE_URL"
	idleCount = "TEST_IDLE_COUNT" // for a person: more than the test's own 2,000
	// maxIdleBytes a session may take: 10,000 of them stay under 1 GiB.
	maxIdleBytes = 100 << 10
)

// idleClients connects, executes a statement of some size on each connection,
// says so, and holds them until told to stop.
func idleClients() {
	n, err := strconv.Atoi(os.Getenv(idleCount))
	if err != nil {
		fmt.Println(err)
		return
	}
	var wg sync.WaitGroup
	limit := make(chan struct{}, 32)
	held := make([]*pgconn.PgConn, n)
	for i := range n {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			var err error
			if held[i], err = idleClient(); err != nil {
				fmt.Println(err)
			}
		})
	}
	wg.Wait()
	fmt.Println("ready")
	child.ParentGone()
	runtime.KeepAlive(held)
}

func idleClient() (*pgconn.PgConn, error) {
	c, err := pgconn.Connect(context.Background(), os.Getenv(idleURL))
	if err != nil {
		return nil, err
	}
	_, err = c.ExecParams(context.Background(), "SELECT length($1)", [][]byte{[]byte(strings.Repeat("x", 70_000))}, nil, nil, nil).Close()
	return c, err
}

func TestIdleSessions(t *testing.T) {
	n := 2000
	if text := os.Getenv(idleCount); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	f := start(t, func(o *Options) { o.Limits.ConnectBurst = n })
	before := memory()
	c, err := child.Command(idleRole, idleCount+"="+strconv.Itoa(n), idleURL+"="+urlFor(f, adminUser, tokenOf(t, adminUser), ""))
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(5*patience, func() { _ = c.Process.Kill() }) // its output ends, and the test fails
	defer hung.Stop()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("clients: %q, %v", line, err)
	}
	after := memory()
	each := (int64(after) - int64(before)) / int64(n)
	t.Logf("%d idle sessions: %d bytes each, %d MiB in all; %s", n, each, after>>20, residentSet())
	if got := f.count.Load(); got != int64(n) {
		t.Errorf("%d sessions, want %d", got, n)
	}
	if each > maxIdleBytes {
		t.Errorf("an idle session takes %d bytes, want at most %d", each, maxIdleBytes)
	}
	if err := c.Stdin.Close(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, stdout)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// residentSet is the line of Linux's that says it; empty elsewhere.
func residentSet() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return ""
}

// memory is what Go holds of the system's memory after a collection.
func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse + m.MSpanInuse + m.OtherSys
}
