package stack

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dsql-load-test/internal/eventually"
)

const readyVariable = "STACK_TEST_READY"

// TestKilledParent: the programs end with a killed test process.
func TestKilledParent(t *testing.T) {
	if url := os.Getenv(readyVariable); url != "" {
		parent(t, url)
	}
	ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer ready.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledParent$")
	cmd.Env = append(os.Environ(), readyVariable+"="+ready.URL)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if !running(child) {
		t.Fatal("the program isn't running")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	eventually.Nil(t, func() error {
		if running(child) {
			return fmt.Errorf("process %d outlives the one that started it", child)
		}
		return nil
	})
}

// parent starts a program, prints its process id, and waits to be killed.
func parent(t *testing.T, ready string) {
	p := &process{name: "sleep", path: "/bin/sleep", args: []string{"600"}, ready: ready, log: filepath.Join(t.TempDir(), "log")}
	if err := p.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fmt.Println(p.cmd.Process.Pid)
	select {}
}

// running returns false for a zombie too.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
