// Package postgres runs a throwaway PostgreSQL cluster for one run. Clients reach it by a
// socket in a folder that only its owner can enter. It ends with the process that
// started it, however that ends.
//
// server.go is the program's side: it starts a keeper process and sends it an order. The
// keeper (keeper.go) makes the folders (home.go), runs the server as an unprivileged user
// (owner.go), and removes everything at the end. find.go looks for PostgreSQL on this
// machine, and fetch.go downloads it if there is none.
package postgres

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/quote"
)

// Role is the child role of the keeper process; see Keep.
const Role = "postgres"

// Options configure a cluster.
type Options struct {
	MaxConnections int
	// Keep leaves the data folder behind, the server cleanly stopped.
	Keep bool
	// Say, which may be nil, gets a line about whatever takes long.
	Say func(text string)
}

// Server is a running cluster.
type Server struct {
	// URL is the address to connect to as the cluster's superuser.
	URL string
	// Folder holds the data and the log. Its path may have any characters.
	Folder string
	// Home is the folder of the socket: Folder, unless a socket can't have such a path. It
	// needs no quotes anywhere.
	Home   string
	keeper *child.Process
	done   chan struct{} // closed when the keeper ended
}

// order is the first line on the keeper's standard input. Paths are bytes, here and in
// report, because they may not be UTF-8.
type order struct {
	Bin  []byte
	Keep bool
	Max  int
}

// report is the one line that the keeper writes to its standard output.
type report struct {
	Folder, Home []byte
	Error        string
}

// Start makes a cluster and starts it, in a few seconds. If there is no PostgreSQL on
// this machine, Start downloads one; if that fails, the error says what to do.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := find(usualPlaces())
	if errors.Is(err, errNotFound) {
		bin, err = fetchForUser(ctx, o.Say)
	}
	if err != nil {
		return nil, err
	}
	s, reports, err := startKeeper()
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(s.keeper.Stdin).Encode(order{Bin: []byte(bin), Keep: o.Keep, Max: o.MaxConnections}); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.Stop())
	}
	select {
	case r := <-reports:
		if ctx.Err() == nil {
			return s.started(r)
		}
	case <-ctx.Done():
	}
	return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", context.Cause(ctx)), s.Stop())
}

// startKeeper starts the keeper. The channel delivers its report.
func startKeeper() (*Server, <-chan report, error) {
	keeper, err := child.Command(Role)
	if err != nil {
		return nil, nil, err
	}
	keeper.Stderr = os.Stderr
	stdout, err := keeper.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := keeper.Start(); err != nil {
		return nil, nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	s := &Server{keeper: keeper, done: make(chan struct{})}
	reports := make(chan report, 1)
	go func() {
		defer close(s.done)
		var r report
		if err := json.NewDecoder(bufio.NewReader(stdout)).Decode(&r); err != nil {
			r.Error = "its keeper ended early"
		}
		reports <- r
		_ = keeper.Wait() // the report has its error
	}()
	return s, reports, nil
}

func (s *Server) started(r report) (*Server, error) {
	if r.Error != "" {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %s", r.Error), s.Stop())
	}
	s.Folder, s.Home = string(r.Folder), string(r.Home)
	at := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"user": {"postgres"}, "host": {s.Home}}.Encode()}
	s.URL = at.String()
	return s, nil
}

// Done returns a channel that is closed when the cluster has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// DataFolder returns the cluster's data directory.
func (s *Server) DataFolder() string { return filepath.Join(s.Folder, dataFolder) }

// Again returns the shell command that starts a kept cluster again.
func (s *Server) Again() string {
	home := s.Folder
	if s.Home != s.Folder {
		home = "/tmp"
	}
	return fmt.Sprintf("postgres -D %s -k %s", quote.Path(s.DataFolder()), quote.Path(home))
}

// Stop ends the cluster, and removes it unless Options.Keep is set.
func (s *Server) Stop() error {
	_ = s.keeper.Stdin.Close() // it may be closed: the keeper is gone then
	select {
	case <-s.done:
		return nil
	case <-time.After(stopTimeout + 10*time.Second):
		return errors.Join(errors.New("PostgreSQL did not stop in time"), s.keeper.Process.Kill())
	}
}

// fetchForUser fetches to the user's cache folder, which is kept. For root it is a folder
// that the server's user can enter.
func fetchForUser(ctx context.Context, say func(text string)) (string, error) {
	cache, err := os.UserCacheDir()
	if os.Geteuid() == 0 {
		cache, err = "/var/cache", nil
	}
	if err == nil {
		cache, err = filepath.Abs(cache) // the keeper works in another folder
	}
	if err == nil {
		if say != nil {
			say("no PostgreSQL on this machine; fetching one (once, about 30 MB)")
		}
		var bin string
		if bin, err = fetch(ctx, "", filepath.Join(cache, "dsql-load-test", "postgresql")); err == nil {
			return bin, nil
		}
	}
	return "", quote.Hint(fmt.Errorf("%w, and %w", errNotFound, err), "install PostgreSQL (apt-get install postgresql, brew install postgresql), "+
		"or put the folder of its server programs on PATH, or name a database by --database-url")
}
