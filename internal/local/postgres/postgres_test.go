package postgres

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/child"
)

func TestMain(m *testing.M) {
	if child.Role() == Role {
		Keep()
		return
	}
	os.Exit(m.Run())
}

func TestStartStop(t *testing.T) {
	s, err := Start(context.Background(), Options{MaxConnections: 20})
	if err != nil {
		t.Fatal(err)
	}
	postmaster := postmasterOf(t, s)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder %s: %v, want it gone", s.Folder, err)
	}
	if running(postmaster) {
		t.Errorf("postmaster %s is still running", postmaster)
	}
}

func TestKeepLeavesACleanFolder(t *testing.T) {
	s, err := Start(context.Background(), Options{MaxConnections: 20, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.Folder) })
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.DataFolder(), "PG_VERSION")); err != nil {
		t.Errorf("kept data: %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.DataFolder(), "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("postmaster.pid: %v, want a clean shutdown", err)
	}
}

// The keeper itself killed: the server must not outlive it.
func TestKeeperKilled(t *testing.T) {
	s, err := Start(context.Background(), Options{MaxConnections: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.Folder) })
	postmaster := postmasterOf(t, s)
	if err := s.keeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	eventually.True(t, "the postmaster has ended with its keeper", func() bool { return !running(postmaster) })
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("changed my mind")
	cancel(why)
	if _, err := Start(ctx, Options{MaxConnections: 20}); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
}

func TestStartSaysWhatTheServerSaid(t *testing.T) {
	_, err := Start(context.Background(), Options{MaxConnections: 9_999_999})
	if err == nil || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("error %v, want the server's own words on max_connections", err)
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	for _, v := range []string{"9", "14", "16"} {
		bin := filepath.Join(folder, v, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"postgres", "initdb"} {
			if v == "16" && name == "initdb" {
				continue // a client's installation, without the server's programs
			}
			if err := os.WriteFile(filepath.Join(bin, name), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PATH", t.TempDir())
	places := []string{filepath.Join(folder, "*", "bin")}
	if got, err := find(places); err != nil || got != filepath.Join(folder, "14", "bin") {
		t.Errorf("find = %s, %v, want the newest complete one, 14", got, err)
	}
	t.Setenv("PATH", filepath.Join(folder, "9", "bin"))
	if got, err := find(places); err != nil || filepath.Base(filepath.Dir(got)) != "9" {
		t.Errorf("find = %s, %v, want the one on PATH, 9", got, err)
	}
	t.Setenv("PATH", "")
	if _, err := find(nil); !errors.Is(err, errNotFound) {
		t.Errorf("error %v, want %v", err, errNotFound)
	}
}

// Fetch from a repository laid out as Maven's, holding this machine's own
// programs in the archive format of the real one. This process's TMPDIR stays meanwhile.
func TestFetch(t *testing.T) {
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("xz is needed to make the archive")
	}
	bin, err := find(usualPlaces())
	if err != nil {
		t.Fatal(err)
	}
	jar := jarOf(t, bin)
	asked, meanwhile := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		asked++
		meanwhile = os.Getenv("TMPDIR")
		_, _ = w.Write(jar)
	}))
	defer server.Close()
	cache, tmp := filepath.Join(t.TempDir(), "cache"), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for range 2 {
		got, err := fetch(t.Context(), server.URL, cache)
		if err != nil {
			t.Fatal(err)
		}
		if !complete(got) {
			t.Fatalf("%s lacks the programs", got)
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 || meanwhile != tmp {
		t.Errorf("left in TMPDIR: %v, %v; meanwhile it was %s", left, err, meanwhile)
	}
	if asked != 1 {
		t.Errorf("fetched %d times, want once", asked)
	}
}

func TestFetchFails(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	cache := filepath.Join(t.TempDir(), "cache")
	want := "fetch PostgreSQL: unable to connect to " + server.URL
	if _, err := fetch(t.Context(), server.URL, cache); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A fetch ends with its context, however slow the repository is.
func TestFetchGivesUp(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("changed my mind")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(why)
		<-r.Context().Done() // the process that asked is gone
	}))
	defer server.Close()
	if _, err := fetch(ctx, server.URL, filepath.Join(t.TempDir(), "cache")); !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left in TMPDIR: %v, %v", left, err)
	}
}

// jarOf packs the server programs as embedded-postgres expects them: a zip with
// one .txz in it.
func jarOf(t *testing.T, bin string) []byte {
	t.Helper()
	var plain bytes.Buffer
	archive := tar.NewWriter(&plain)
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		text, err := os.ReadFile(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := archive.WriteHeader(&tar.Header{Name: "bin/" + name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	xz := exec.Command("xz", "-0")
	xz.Stdin = &plain
	packed, err := xz.Output()
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres-test.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func postmasterOf(t *testing.T, s *Server) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.DataFolder(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(text), "\n")
	return pid
}

// running reports whether a process exists and isn't merely waiting to be
// reaped.
func running(pid string) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}
