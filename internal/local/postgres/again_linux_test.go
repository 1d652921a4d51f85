package postgres

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dsql-load-test/internal/eventually"
)

// A kept cluster that is started again by the printed command listens on no port, and
// its socket is for its owner alone.
func TestAgain(t *testing.T) {
	t.Setenv("TMPDIR", openFolder(t, "x"))
	s, err := Start(t.Context(), Options{MaxConnections: 20, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	owner, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("sh", "-c", "exec "+s.Again())
	server.Env = []string{"PATH=" + programs(t) + ":" + os.Getenv("PATH")}
	server.SysProcAttr = serverAttributes(owner)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // it may have ended
		_ = server.Wait()                          // by that
	})
	var lines []string
	eventually.True(t, "PostgreSQL is ready", func() bool {
		text, err := os.ReadFile(filepath.Join(s.DataFolder(), "postmaster.pid"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		lines = strings.Split(string(text), "\n")
		return len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	})
	if ports := listening(t, lines[0]); len(ports) > 0 {
		t.Errorf("it listens on %q", ports)
	}
	if info, err := os.Stat(filepath.Join(s.Home, socketFile)); err != nil || info.Mode() != fs.ModeSocket|0o700 {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
}

// listening are the addresses, as the kernel writes them, at which a process listens.
func listening(t *testing.T, pid string) (addresses []string) {
	t.Helper()
	open, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	var sockets []string
	for _, e := range open {
		if to, err := os.Readlink("/proc/" + pid + "/fd/" + e.Name()); err == nil { // it may be closed by now
			sockets = append(sockets, to)
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/" + pid + "/net/" + table)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" && slices.Contains(sockets, "socket:["+f[9]+"]") {
				addresses = append(addresses, f[1])
			}
		}
	}
	return addresses
}
