package postgres

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Which folders hold the socket themselves.
func TestFits(t *testing.T) {
	for folder, want := range map[string]bool{
		"/tmp/dsqlload-1": true, "/a_B/-k/x.y": true,
		"/a b": false, "/it's": false, `/"`: false, "/a%20": false, "/a&b": false, "/a=b": false, "/a;b": false, "/a,b": false, "/#a": false, `/a\b`: false, "/a\nb": false,
		"/größe": false, "/\xff": false, "/$a": false, "/`a`": false, "/@a": false, "/~": false, "/a+b": false, "/a:b": false, "/a?b": false, "/a*b": false,
		"/" + strings.Repeat("a", 106-len("/.s.PGSQL.5432")): true, "/" + strings.Repeat("a", 107-len("/.s.PGSQL.5432")): false,
	} {
		if got := fits(folder); got != want {
			t.Errorf("%q: %v, want %v", folder, got, want)
		}
	}
}

// A cluster can be made in a folder of any name, is reached by an address and a socket that
// need no quotes, and leaves nothing behind.
func TestFolders(t *testing.T) {
	for what, name := range map[string]string{
		"plain": "-k", "odd": "a'b \"c\" %20%zz&=;,#\\$HOME~`id`*?+@größe", "lines": "a\nb\n\n\n\n\n\n\n\nready\n", "not UTF-8": "\xff",
		"long": strings.Repeat("a", 120), "longer than PostgreSQL's": strings.Repeat(strings.Repeat("a", 250)+"/", 6),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			tmp := openFolder(t, name)
			c, err := newCluster(t.Context(), order{Bin: []byte(programs(t)), Max: 5}, tmp)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				c.remove()
				for _, folder := range []string{c.folder, c.home} {
					if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%q is left: %v", folder, err)
					}
				}
			})
			if (c.home == c.folder) != (what == "plain") || !fits(c.home) || filepath.Dir(c.folder) != filepath.Clean(tmp) {
				t.Errorf("folder %q, home %q", c.folder, c.home)
			}
			if info, err := os.Stat(c.home); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v, %v", c.home, info.Mode(), err)
			}
			if err := errors.Join(c.init(t.Context()), c.start(t.Context())); err != nil {
				t.Fatal(err)
			}
			s, err := (&Server{}).started(report{Folder: []byte(c.folder), Home: []byte(c.home)})
			if err != nil {
				t.Fatal(err)
			}
			var folder string
			db, err := pgx.Connect(t.Context(), s.URL)
			if err == nil {
				err = errors.Join(db.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder), db.Close(t.Context()))
			}
			if err != nil || folder != c.data() {
				t.Errorf("data in %q, %v", folder, err)
			}
			if _, err := os.Stat(filepath.Join(s.DataFolder(), "PG_VERSION")); err != nil {
				t.Error(err)
			}
			if err := c.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// openFolder makes a folder below /tmp that any user may enter, and removes it.
func openFolder(t *testing.T, name string) string {
	t.Helper()
	above, err := os.MkdirTemp("/tmp", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(above) })
	folder := filepath.Join(above, name)
	if err := errors.Join(os.Chmod(above, 0o755), os.MkdirAll(folder, 0o755)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func programs(t *testing.T) string {
	t.Helper()
	bin, err := Installed()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// A folder that can't be used is named with the reason and the cure, on one line.
func TestUnusableFolders(t *testing.T) {
	folder := openFolder(t, "a b")
	file, closed := filepath.Join(folder, "file"), filepath.Join(folder, "closed")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.MkdirAll(filepath.Join(closed, "tmp"), 0o755), os.Chmod(closed, 0o700)); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{filepath.Join(folder, "none"): "no such file or directory", file: "not a directory", "/proc": "no such file or directory"}
	if owner, err := unprivileged(); err == nil && owner != nil {
		cases[filepath.Join(closed, "tmp")] = "PostgreSQL runs as user " + userName(owner) + ", who may not enter " + closed
	}
	if small := filepath.Join(folder, "small"); mountSmall(t, small) {
		cases[small] = "30 MiB are free there, and a database takes 64 MiB at least"
	}
	for tmp, why := range cases {
		want := "the temporary folder " + tmp + " can't be used: " + why + "; set TMPDIR to another one"
		if err := Try(t.Context(), tmp); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		t.Setenv("TMPDIR", tmp)
		if _, err := Start(t.Context(), Options{MaxConnections: 5}); err == nil || err.Error() != "start PostgreSQL: "+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := Try(t.Context(), folder); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || slices.ContainsFunc(left, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), clusterPrefix) }) {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Programs that initdb would not find are named as such.
func TestUnusablePrograms(t *testing.T) {
	for _, bin := range []string{`/a"b`, "/$HOME", "/a`b", "/a\nb", `/a\\b`} {
		if c, err := newCluster(t.Context(), order{Bin: []byte(bin)}, openFolder(t, "x")); err == nil || !strings.HasPrefix(err.Error(), "PostgreSQL's programs are in "+bin+", and initdb") {
			t.Errorf("%q: %v, %v", bin, c, err)
		}
	}
}

// Programs that can't run are told by what they said, not by their exit code.
func TestBrokenPrograms(t *testing.T) {
	bin := openFolder(t, "bin")
	for _, name := range []string{"postgres", "initdb"} {
		text := "#!/bin/sh\necho $0: error while loading shared libraries: libx.so.1: cannot open shared object file >&2\nexit 127\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", openFolder(t, "x"))
	_, err := Start(t.Context(), Options{MaxConnections: 5})
	const want = "error while loading shared libraries: libx.so.1: cannot open shared object file"
	if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "exit status") {
		t.Errorf("%v, want %s", err, want)
	}
}

// Without a short folder, the error says why one is needed.
func TestNoHome(t *testing.T) {
	folder := openFolder(t, "a b")
	c := &cluster{folder: folder}
	none := filepath.Join(folder, "none")
	want := "a socket can't have such a path, and there is no short folder for it"
	if err := c.makeHome(none, none); err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), none) {
		t.Errorf("%v, want %s", err, want)
	}
	if err := c.makeHome(none, folder); err != nil || filepath.Dir(c.home) != folder {
		t.Errorf("home %s, %v", c.home, err)
	}
}

// mountSmall makes folder a file system of 30 MiB, and reports whether it may.
func mountSmall(t *testing.T, folder string) bool {
	t.Helper()
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=30m"); err != nil {
		t.Logf("no small file system: %v", err)
		return false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return true
}

func TestFailed(t *testing.T) {
	c := &cluster{folder: "/t/dsqlload-1"}
	for text, want := range map[string]string{
		"creating ... ok\n2026-01-02 03:04:05.678 UTC [9] FATAL:  one wrong\nHINT:  no\ninitdb: removing data directory": "it ended: one wrong",
		"a\ninitdb: error: could not create directory \"/t/x\": No space left on device\nb":                              "the temporary folder /t can't be used: it ended: no space left on device; set TMPDIR to another one",
		"1\n2\n3\n4\n5\n6\n": "it ended: 2; 3; 4; 5; 6", "": "it ended: ",
	} {
		if got := c.failed("it ended", text).Error(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
