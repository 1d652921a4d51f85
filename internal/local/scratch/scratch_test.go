package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/local/child"
)

// maker is a role of the tests': a program that makes a folder and waits to be
// killed.
const maker = "maker"

func TestMain(m *testing.M) {
	switch child.Role() {
	case Role:
		Keep()
		return
	case maker:
		f, err := Make("dsqlload-test-")
		if err != nil {
			panic(err)
		}
		fmt.Println(f.Path)
		select {}
	}
	os.Exit(m.Run())
}

func TestMakeRemove(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f, err := Make("dsqlload-test-")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(filepath.Base(f.Path), "dsqlload-test-") {
		t.Errorf("made %s", f.Path)
	}
	if err := os.WriteFile(filepath.Join(f.Path, "file"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.Path); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestMakeFails(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if f, err := Make("dsqlload-test-"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v, %v", f, err)
	}
}

// The folder goes with a program that was killed.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "DSQLLOAD_ROLE="+maker, "TMPDIR="+t.TempDir())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	path := strings.TrimSpace(line)
	if _, gone := os.Stat(path); err != nil || gone != nil {
		t.Errorf("made %q, %v, %v", path, err, gone)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); os.IsNotExist(err) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", path)
		}
	}
}
