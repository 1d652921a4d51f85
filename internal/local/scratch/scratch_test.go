package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/eventually"
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
	for _, name := range []string{"plain", "a b", "a\nmade b\n", "gr\u00f6\u00dfe", "\xff", `"'\$%20`} {
		t.Run(name, func(t *testing.T) {
			tmp := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(tmp, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("TMPDIR", tmp)
			f, err := Make("dsqlload-test-")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(filepath.Base(f.Path), "dsqlload-test-") || filepath.Dir(f.Path) != tmp {
				t.Errorf("made %q", f.Path)
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
		})
	}
}

// Where TMPDIR is relative, the path isn't.
func TestMakeRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", ".")
	f, err := Make("dsqlload-test-")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(f.Path) {
		t.Errorf("made %s", f.Path)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
}

func TestMakeFails(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for tmp, why := range map[string]string{filepath.Join(folder, "none"): "no such file or directory", file: "not a directory"} {
		t.Setenv("TMPDIR", tmp)
		want := "the temporary folder " + tmp + " can't be used: " + why + "; set TMPDIR to another one"
		if f, err := Make("dsqlload-test-"); err == nil || err.Error() != want {
			t.Errorf("%v, %v, want %s", f, err, want)
		}
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
	eventually.True(t, path+" is removed", func() bool {
		_, err := os.Stat(path)
		return os.IsNotExist(err)
	})
}
