package front

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
)

// twoSessions are two sessions of one client program, "A" and "B". run executes
// sql, whose {} is id unless that is 0, and returns the SQLSTATE; empty for
// success.
type twoSessions interface {
	run(t *testing.T, name, sql string, id int) string
}

// Two sessions of one thread that write one key, with each client: in every order
// of their steps none hangs, and the one that writes first commits.
func TestTwoSessionsOfClients(t *testing.T) {
	f := start(t, func(o *Options) { o.change = watchEvery(time.Millisecond) })
	table := table(t)
	id := 0
	for name, open := range map[string]func(*testing.T, *Front) twoSessions{
		"pgx":      func(t *testing.T, f *Front) twoSessions { return pgxSessions(t, f, "") },
		"pgx exec": func(t *testing.T, f *Front) twoSessions { return pgxSessions(t, f, "default_query_exec_mode=exec") },
		"lib/pq":   pqSessions,
		"psql":     psqlSessions,
		"psycopg":  clientProgram("with_psycopg.py", "/usr/bin/python3", "-c", "import psycopg"),
		"asyncpg":  clientProgram("with_asyncpg.py", "/usr/bin/python3", "-c", "import asyncpg"),
		"npm pg":   clientProgram("with_pg.js", "node", "-e", "require('pg')"),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, f)
			orders := 0
			interleavings([]int{3, 3}, func(order []int) {
				id++
				orders++
				oneWinner(t, s, f, table, id, order)
			})
			t.Logf("%d orders", orders)
		})
	}
}

func oneWinner(t *testing.T, s twoSessions, f *Front, table string, id int, order []int) {
	t.Helper()
	if got := s.run(t, "A", "INSERT INTO "+table+" VALUES ({}, 'old')", id); got != "" {
		t.Fatalf("insert: %s", got)
	}
	m := newModel(2, 1)
	steps := program{"begin", "update 1", "commit"}
	var at [2]int
	var done []string
	for _, who := range order {
		step := steps[at[who]]
		at[who]++
		name := string(rune('A' + who))
		sql, key := strings.ToUpper(step), 0
		if step == "update 1" {
			sql, key = "UPDATE "+table+" SET v = '"+name+"' WHERE id = {}", id
		}
		got, want := s.run(t, name, sql, key), m.step(who, step)
		if done = append(done, name+": "+step); got != want {
			t.Fatalf("%s: %q, want %q", strings.Join(done, "; "), got, want)
		}
	}
	if m.txs[0].committed == 0 && m.txs[1].committed == 0 {
		t.Errorf("%s: no winner", strings.Join(done, "; "))
	}
}

type pgxTwo map[string]*pgx.Conn

func pgxSessions(t *testing.T, f *Front, extra string) twoSessions {
	return pgxTwo{"A": connect(t, f, extra), "B": connect(t, f, extra)}
}

func (s pgxTwo) run(t *testing.T, name, text string, id int) string {
	ctx, stop := context.WithTimeout(context.Background(), stepPatience)
	defer stop()
	var args []any
	if id > 0 {
		args = append(args, id)
	}
	_, err := s[name].Exec(ctx, strings.ReplaceAll(text, "{}", "$1"), args...)
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil && !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Fatalf("%s: %v", text, err)
	}
	return ""
}

type pqTwo map[string]*sql.Conn

func pqSessions(t *testing.T, f *Front) twoSessions {
	db, err := sql.Open("postgres", keywords(t, f))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing to lose
	s := pqTwo{}
	for _, name := range []string{"A", "B"} {
		if s[name], err = db.Conn(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s pqTwo) run(t *testing.T, name, text string, id int) string {
	ctx, stop := context.WithTimeout(context.Background(), stepPatience)
	defer stop()
	var args []any
	if id > 0 {
		args = append(args, id)
	}
	_, err := s[name].ExecContext(ctx, strings.ReplaceAll(text, "{}", "$1"), args...)
	var e *pq.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return ""
}

// keywords is how libpq and its like connect.
func keywords(t *testing.T, f *Front) string {
	return fmt.Sprintf("host=localhost port=%d user=admin dbname=postgres sslmode=verify-full sslrootcert='%s' password='%s'", f.Port(), f.CAFile(), tokenOf(t, adminUser))
}

// talk is a program that answers each line.
type talk struct {
	in    io.Writer
	lines chan string
}

// startTalk starts a program; the test ends it.
func startTalk(t *testing.T, cmd *exec.Cmd) talk {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := talk{in, make(chan string, 16)}
	go func() {
		defer close(s.lines)
		for sc := bufio.NewScanner(out); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		for range s.lines {
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// say sends a line, and returns the answer that has prefix, without it.
func (s talk) say(t *testing.T, line, prefix string) string {
	t.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
	// A program starts and connects in its first answer.
	timeout := time.After(stepPatience + 10*time.Second)
	for {
		select {
		case answer, ok := <-s.lines:
			if !ok {
				t.Fatalf("%s: it ended", line)
			}
			if text, found := strings.CutPrefix(answer, prefix); found {
				return text
			}
		case <-timeout:
			t.Fatalf("%s hangs", line)
		}
	}
}

// psqlTwo are two processes.
type psqlTwo map[string]talk

func psqlSessions(t *testing.T, f *Front) twoSessions {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("no psql on this machine")
	}
	s := psqlTwo{}
	for _, name := range []string{"A", "B"} {
		cmd := exec.Command(psql, "-XAtq", "-v", "VERBOSITY=sqlstate", keywords(t, f))
		s[name] = startTalk(t, cmd)
	}
	return s
}

func (s psqlTwo) run(t *testing.T, name, text string, id int) string {
	answer := s[name].say(t, strings.ReplaceAll(text, "{}", fmt.Sprint(id))+";\n\\echo done :SQLSTATE", "done ")
	return strings.TrimPrefix(answer, "00000")
}

// programTwo are two sessions of a program in testdata/sessions.
type programTwo struct{ talk }

// clientProgram starts the program of a client, if try says that the client is
// installed: Debian's python3-psycopg and python3-asyncpg, and npm's pg where
// NODE_PATH says, or where make setup puts it.
func clientProgram(file string, try ...string) func(*testing.T, *Front) twoSessions {
	return func(t *testing.T, f *Front) twoSessions {
		if cache, err := os.UserCacheDir(); err == nil && os.Getenv("NODE_PATH") == "" {
			t.Setenv("NODE_PATH", filepath.Join(cache, "dsql-load-test", "npm", "node_modules"))
		}
		if out, err := exec.Command(try[0], try[1:]...).CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			t.Skipf("not on this machine: %s: %v, %s", strings.Join(try, " "), err, lines[len(lines)-1])
		}
		u := urlFor(f, adminUser, tokenOf(t, adminUser), "")
		if file != "with_psycopg.py" { // these are told of the certificate apart
			parsed, err := url.Parse(u)
			if err != nil {
				t.Fatal(err)
			}
			parsed.RawQuery = ""
			u = parsed.String()
		}
		cmd := exec.Command(try[0], "testdata/sessions/"+file, u, f.CAFile())
		cmd.Stderr = os.Stderr
		return programTwo{startTalk(t, cmd)}
	}
}

func (s programTwo) run(t *testing.T, name, text string, id int) string {
	line := name + " " + text
	if id > 0 {
		line += fmt.Sprintf("\t%d", id)
	}
	return strings.TrimPrefix(s.say(t, line, ""), "ok")
}
