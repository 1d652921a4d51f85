package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/quote"
)

// site is a folder of any name with the driver's program in it, which is run there. Its
// TMPDIR and HOME lie in it.
type site struct {
	t      *testing.T
	folder string
	tmp    string // TMPDIR, as it is told
}

// newSite makes one below /tmp that every user may enter.
func newSite(t *testing.T, name string) *site {
	t.Helper()
	above, err := shortFolder()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, folder: filepath.Join(above, name)}
	s.tmp = filepath.Join(s.folder, "tmp"+name)
	if name == "." {
		s.tmp = name
	}
	for _, folder := range []string{s.folder, filepath.Join(s.folder, s.temp()), filepath.Join(s.folder, "home")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(driverPath(t), filepath.Join(s.folder, "driver")); err != nil {
		copyFile(t, driverPath(t), filepath.Join(s.folder, "driver"))
	}
	t.Cleanup(func() {
		eventually.True(t, "the end of every process", func() bool { return len(processesIn(s.tmp)) == 0 || s.tmp == "." })
		for _, left := range names(t, filepath.Join(s.folder, s.temp())) {
			if strings.HasPrefix(left, "dsqlload") || s.tmp != "." {
				t.Errorf("left in TMPDIR: %q", left)
			}
		}
		for _, left := range s.homes() {
			t.Errorf("left: %s", left)
		}
		_ = os.RemoveAll(above)
	})
	return s
}

// temp is TMPDIR as seen from the folder.
func (s *site) temp() string {
	if filepath.IsAbs(s.tmp) {
		return filepath.Base(s.tmp)
	}
	return s.tmp
}

// homes are the short folders of throwaway databases whose data is below TMPDIR.
func (s *site) homes() (all []string) {
	s.t.Helper()
	found, err := filepath.Glob("/tmp/dsqlload-*/data")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, link := range found {
		if data, err := os.Readlink(link); err == nil && strings.HasPrefix(data, s.folder+"/") {
			all = append(all, filepath.Dir(link))
		}
	}
	return all
}

// command prepares the driver.
func (s *site) command(args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.Command(filepath.Join(s.folder, "driver"), args...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(s.folder, "home"), "TMPDIR=" + s.tmp, "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true"}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// drive runs the driver, which must end with code.
func (s *site) drive(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	cmd, out, messages := s.command(args...)
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		s.t.Fatalf("%q: %v, want exit code %d\n%s%s", args, err, code, out, messages)
	}
	return out.String(), messages.String()
}

// smallRun are the arguments of one, in which 10 rows are written.
func smallRun(more ...string) []string {
	return append([]string{"run", "--scenario", "1", "--num-lambdas", "2", "--iterations", "5", "--telemetry", "off", "--no-warm-up"}, more...)
}

// oddNames are those of folders and files, an example of each kind.
func oddNames() map[string]string {
	return map[string]string{
		"space": " a b ", "quotes": `it's "a"`, "percent": "a%20b%zz", "separators": "#a&b,c=d;e:f+", "backslash": `a\b\\`, "line": "a\nb\n", "non-ASCII": "größe", "not UTF-8": "\xff",
		"dash": "-x", "shell": "$HOME`id`|[a]*?~!<>",
		"120": strings.Repeat("a", 120), "240": strings.Repeat("b", 240), "dot": ".",
	}
}

// A run in a folder of any name, with TMPDIR and HOME in it, and with all its files of that
// name, is a run as any other.
func TestFolders(t *testing.T) {
	for what, name := range oddNames() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, name)
			short := name[:min(len(name), 200)] // leaves room for an ending
			write(t, filepath.Join(s.folder, short+".config"), `{"event_type": "CarCreated"}`)
			write(t, filepath.Join(s.folder, short+".prices"), read(t, filepath.Join("..", "internal", "cost", "prices.json")))
			s.drive(exitComplete, smallRun("--out", name, "--junit", short+".xml", "--config", short+".config", "--prices", short+".prices")...)

			results := s.results(name)
			r, err := readRecord(filepath.Join(s.folder, results))
			if err != nil {
				t.Fatal(err)
			}
			if err := disagreement(r); err != nil {
				t.Error(err)
			}
			if got := r.Scenario1.Rows.Acknowledged; got != 10 || r.Verification.Present != 10 || r.Run.Config.EventType != "CarCreated" {
				t.Errorf("%d rows acknowledged, verification %+v, event type %s", got, r.Verification, r.Run.Config.EventType)
			}
			for _, made := range []string{strings.TrimSuffix(results, ".json") + ".html", short + ".xml"} {
				if info, err := os.Stat(filepath.Join(s.folder, made)); err != nil || info.Size() == 0 {
					t.Errorf("report %q: %v", made, err)
				}
			}

			s.drive(exitComplete, "report", "--out", short+".md", "--", results)
			s.drive(exitComplete, "compare", "--", results, name)
			if _, stderr := s.drive(exitUsage, "verify", "--", results); !strings.Contains(stderr, quote.Line(results)+": the run's rows were in a throwaway PostgreSQL") {
				t.Errorf("verify: %s", stderr)
			}
			if stdout, _ := s.drive(exitComplete, "history", "--out", name); !strings.Contains(stdout, quote.Line(results)) {
				t.Errorf("history: %s", stdout)
			}
		})
	}
}

// results is the one results file in the folder out, as seen from the site's.
func (s *site) results(out string) string {
	s.t.Helper()
	var all []string
	for _, name := range names(s.t, filepath.Join(s.folder, out)) {
		if strings.HasPrefix(name, "results_") && strings.HasSuffix(name, ".json") {
			all = append(all, filepath.Join(out, name))
		}
	}
	if len(all) != 1 {
		s.t.Fatalf("results files %q, want one", all)
	}
	return all[0]
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A database that is kept in such a folder is where the hint says, in words of a shell.
func TestFolderKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, "it's\n$HOME")
	_, stderr := s.drive(exitComplete, smallRun("--keep-db", "--quiet")...)
	_, command, found := strings.Cut(stderr, "start it again by postgres ")
	command, _, ended := strings.Cut(command, ", as its owner\n")
	if !found || !ended {
		t.Fatalf("no hint: %s", stderr)
	}
	args, err := exec.Command("bash", "-c", `printf '%s\0' `+command).Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Split(string(args), "\x00")
	if len(words) != 5 || words[0] != "-D" || words[2] != "-k" || words[3] != "/tmp" {
		t.Fatalf("hint: %s", command)
	}
	if _, err := os.Stat(filepath.Join(words[1], "PG_VERSION")); err != nil || !strings.HasPrefix(words[1], s.tmp+"/") {
		t.Errorf("kept in %q, %v", words[1], err)
	}
	if err := os.RemoveAll(filepath.Dir(words[1])); err != nil {
		t.Error(err)
	}
}

// A driver that is killed leaves nothing, its database's short folder neither.
func TestFolderKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a,b")
	cmd, _, stderr := s.command(smallRun("--iterations", "1000000")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "a short folder with a socket", func() bool {
		homes := s.homes()
		if len(homes) == 0 {
			return false
		}
		_, err := os.Stat(filepath.Join(homes[0], ".s.PGSQL.5432"))
		return err == nil
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed
	eventually.True(t, "the short folder's end", func() bool { return len(s.homes()) == 0 })
	if t.Failed() {
		t.Log(stderr)
	}
}

// What can't be used is named, with the reason and the cure, before anything is started.
func TestFoldersUnusable(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a b")
	write(t, filepath.Join(s.folder, "file"), "")
	at := func(name string) string { return filepath.Join(s.folder, name) }
	for _, c := range []struct {
		what string
		tmp  string
		args []string
		want string
	}{
		{"no TMPDIR", at("none"), smallRun(), "start PostgreSQL: the temporary folder " + at("none") + " can't be used: no such file or directory; set TMPDIR to another one"},
		{"TMPDIR is a file", at("file"), smallRun(), "start PostgreSQL: the temporary folder " + at("file") + " can't be used: not a directory; set TMPDIR to another one"},
		{"a certificate", at("none"), []string{"local", "--dsql"}, "the temporary folder " + at("none") + " can't be used: no such file or directory; set TMPDIR to another one"},
		{"--out", s.tmp, smallRun("--out", "file/x"), "--out file/x: "},
		{"--junit", s.tmp, smallRun("--junit", "none/x"), "--junit none/x: there is no folder none"},
		{"--config", s.tmp, smallRun("--config", "none"), "--config: open none: no such file or directory"},
		{"--prices", s.tmp, smallRun("--prices", "none"), "--prices: prices: open none: no such file or directory"},
	} {
		t.Run(c.what, func(t *testing.T) {
			cmd, stdout, stderr := s.command(c.args...)
			cmd.Env = append(cmd.Env, "TMPDIR="+c.tmp)
			err := cmd.Run()
			if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
				t.Errorf("%v, want exit code %d\n%s", err, exitUsage, stdout)
			}
			if said := stderr.String(); !strings.Contains(said, "error: "+c.want) || strings.Count(said, "error: ") != 1 {
				t.Errorf("%s, want %s", said, c.want)
			}
		})
	}
	cmd, stdout, _ := s.command("doctor", "--telemetry", "off")
	cmd.Env = append(cmd.Env, "TMPDIR="+at("none"))
	_ = cmd.Run() // the report is looked at
	if want := fmt.Sprintf("the temporary folder %s can't be used: no such file or directory\n", at("none")); !strings.Contains(stdout.String(), want) {
		t.Errorf("doctor: %s, want %s", stdout, want)
	}
}
