//go:build unix

// Package pgbouncertest puts a PgBouncer before the PostgreSQL of a test.
package pgbouncertest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

// Bouncer is a PgBouncer on loopback. It lets everybody in as postgres, to each
// database of its server.
type Bouncer struct {
	Port    int
	t       testing.TB
	program string
	folder  string
	as      *syscall.Credential
	shell   *exec.Cmd
	end     io.Closer // closed, it ends; nil when it has
}

// Start starts one for the length of the test, before the server whose socket is in
// folder. settings are lines of its configuration file, such as "pool_mode = session".
func Start(t testing.TB, folder string, settings ...string) *Bouncer {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // where Debian puts it
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("no pgbouncer on this machine: make setup installs it")
	}
	b := &Bouncer{t: t, program: program, Port: freePort(t)}
	if b.folder, err = os.MkdirTemp("", "pgbouncer"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(b.folder) })
	b.ownAs(folder)
	text := fmt.Sprintf("[databases]\n* = host=%s user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\n%s\n",
		folder, b.Port, strings.Join(settings, "\n"))
	if err := os.WriteFile(b.config(), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Kill)
	b.Run()
	return b
}

// ownAs makes the program run as the owner of the server's folder, who alone can
// enter it: it refuses to run as root.
func (b *Bouncer) ownAs(server string) {
	b.t.Helper()
	info, err := os.Stat(server)
	if err != nil {
		b.t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if os.Geteuid() != 0 || owner.Uid == 0 {
		return
	}
	b.as = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	if err := os.Chown(b.folder, int(owner.Uid), int(owner.Gid)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *Bouncer) config() string { return filepath.Join(b.folder, "pgbouncer.ini") }

// URL is the address of a database behind it.
func (b *Bouncer) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", b.Port, database)
}

// Run starts it, again after Kill, and waits until it listens.
func (b *Bouncer) Run() {
	b.t.Helper()
	log, err := os.Create(filepath.Join(b.folder, "log"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the program has its own handle
	// The shell ends it when its input closes, also when this process is killed.
	b.shell = exec.Command("sh", "-c", `"$@" & cat >/dev/null; kill -9 $!`, "sh", b.program, b.config())
	b.shell.Stdout, b.shell.Stderr = log, log
	b.shell.SysProcAttr = &syscall.SysProcAttr{Credential: b.as}
	if b.end, err = b.shell.StdinPipe(); err != nil {
		b.t.Fatal(err)
	}
	if err := b.shell.Start(); err != nil {
		b.t.Fatal(err)
	}
	deadline, tick := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.Port))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("pgbouncer doesn't listen: %v: %s", err, b.log())
		}
	}
}

// Kill ends it at once, and with it all connections.
func (b *Bouncer) Kill() {
	if b.end != nil {
		_ = b.end.Close()
		_ = b.shell.Wait() // a signal is its end
		b.end = nil
	}
}

func (b *Bouncer) log() string {
	text, err := os.ReadFile(filepath.Join(b.folder, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // the program takes the port
	return l.Addr().(*net.TCPAddr).Port
}
