package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/scratch"
	"dsql-load-test/internal/quote"
)

const (
	clusterPrefix = "dsqlload-"
	dataFolder    = "data"
	logFile       = "log"
	startTimeout  = 60 * time.Second
	stopTimeout   = 15 * time.Second
)

// Keep is the main function of the keeper, the process between a program and its
// throwaway PostgreSQL. The keeper makes the cluster and starts the server as its child.
// When its standard input closes, because the program asked for that, ended or was
// killed, the keeper ends the server and removes the cluster. The process that downloads
// PostgreSQL has the same role, and starts here too.
func Keep() {
	if cache := os.Getenv(cacheVariable); cache != "" {
		fetchAlone(os.Getenv(repositoryVariable), cache)
		return
	}
	// The server dies with the thread that starts it, so this thread must stay.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE) // only the end of standard input counts
	if err := keep(ctx); err != nil {
		_ = json.NewEncoder(os.Stdout).Encode(report{Error: err.Error()}) // the program may be gone
	}
}

func keep(ctx context.Context) error {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		child.ParentGone()
		cancel()
	}()
	c, err := newCluster(ctx, o, os.TempDir())
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.init(ctx); err != nil {
		return err
	}
	if err := c.start(ctx); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(report{Folder: []byte(c.folder), Home: []byte(c.home)}); err != nil {
		return errors.Join(fmt.Errorf("report: %w", err), c.stop())
	}
	select {
	case <-ctx.Done():
		return c.stop()
	case <-c.ended:
		return nil // the program sees that standard output closes
	}
}

// cluster is the PostgreSQL that the keeper looks after.
type cluster struct {
	order
	folder string              // of data and log
	home   string              // of the socket and of data or a link to it: folder, unless that can't hold a socket
	owner  *syscall.Credential // the server's user; nil is this one
	server *exec.Cmd
	ended  chan struct{}
}

// newCluster makes the folders of a cluster below parent.
func newCluster(ctx context.Context, o order, parent string) (*cluster, error) {
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	folder, err := scratch.New(parent, clusterPrefix)
	if err != nil {
		return nil, err
	}
	c := &cluster{order: o, folder: folder, owner: owner, ended: make(chan struct{})}
	if err := c.settle(); err != nil {
		c.remove()
		return nil, scratch.Unusable(filepath.Dir(folder), err)
	}
	if err := c.enter(ctx); err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

func (c *cluster) remove() {
	folders := []string{c.home, c.folder}
	if c.Keep && c.server != nil {
		folders = slices.DeleteFunc(folders, func(f string) bool { return f == c.folder })
	}
	for _, folder := range folders {
		if err := os.RemoveAll(folder); err != nil {
			fmt.Fprintln(os.Stderr, "remove PostgreSQL's folder:", quote.OneLine(err))
		}
	}
}

func (c *cluster) data() string { return filepath.Join(c.home, dataFolder) }

func (c *cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(string(c.Bin), program), args...)
	cmd.Dir = c.home
	cmd.Env = child.Environment("LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = serverAttributes(c.owner)
	return cmd
}

func (c *cluster) init(ctx context.Context) error {
	if err := c.run(ctx, c.command(ctx, "initdb", "--pgdata", c.data(), "--username", "postgres", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")); err != nil {
		return err
	}
	return c.closeToOthers()
}

// run runs one of the server's programs to its end. Its error has the program's own.
func (c *cluster) run(ctx context.Context, cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	name := filepath.Base(cmd.Path)
	if ended := new(exec.ExitError); errors.As(err, &ended) && ctx.Err() == nil {
		return c.failed(name, string(out))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// closeToOthers lets only the cluster's owner reach the server, because the server lets
// everybody in. The settings are stored with the data, so they also hold for a cluster
// that is kept and started again.
func (c *cluster) closeToOthers() error {
	file, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return scratch.Unusable(filepath.Dir(c.folder), err)
	}
	_, err = file.WriteString("listen_addresses = ''\nunix_socket_permissions = 0700\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return scratch.Unusable(filepath.Dir(c.folder), err)
	}
	return nil
}

func (c *cluster) start(ctx context.Context) error {
	log, err := os.Create(filepath.Join(c.folder, logFile))
	if err != nil {
		return scratch.Unusable(filepath.Dir(c.folder), err)
	}
	defer func() { _ = log.Close() }() // the server has its own handle
	args := []string{"-D", c.data(), "-k", c.home}
	for _, setting := range settings(c.Max) {
		args = append(args, "-c", setting)
	}
	c.server = c.command(context.Background(), "postgres", args...)
	c.server.Stdout, c.server.Stderr = log, log
	if err := c.server.Start(); err != nil {
		c.server = nil
		return fmt.Errorf("start postgres: %w", err)
	}
	go func() {
		defer close(c.ended)
		_ = c.server.Wait() // the log says how it ended
	}()
	if err := c.awaitReady(ctx); err != nil {
		return errors.Join(err, c.stop())
	}
	return nil
}

// awaitReady watches the status line that the server keeps in postmaster.pid,
// as pg_ctl does.
func (c *cluster) awaitReady(ctx context.Context) error {
	deadline := time.After(startTimeout)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
		if lines := strings.Split(string(text), "\n"); err == nil && len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return c.failed("it ended", c.log())
		case <-deadline:
			return c.failed(fmt.Sprintf("not ready after %v", startTimeout), c.log())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// stop ends the server: at once if its data is thrown away, with a checkpoint if it is
// kept.
func (c *cluster) stop() error {
	signals := []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL}
	if c.Keep {
		signals = []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL}
	}
	for _, s := range signals {
		_ = c.server.Process.Signal(s) // it may have ended just now
		select {
		case <-c.ended:
			return nil
		case <-time.After(stopTimeout / time.Duration(len(signals))):
		}
	}
	return errors.New("postgres did not end when killed")
}

func (c *cluster) log() string {
	text, err := os.ReadFile(filepath.Join(c.folder, logFile))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// settings returns PostgreSQL's settings. The database needn't survive a crash, so
// nothing is flushed to the disk. No background work disturbs the measurement. The
// isolation level is DSQL's.
func settings(maxConnections int) []string {
	return []string{
		fmt.Sprintf("max_connections=%d", maxConnections),
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "checkpoint_timeout=1h",
		"shared_buffers=256MB", "dynamic_shared_memory_type=mmap",
		"autovacuum=off", "jit=off",
		"default_transaction_isolation=repeatable read", "timezone=UTC",
	}
}
