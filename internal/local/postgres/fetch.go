package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"

	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/scratch"
)

// The variables that give fetchAlone its repository and its cache folder.
const (
	repositoryVariable = "DSQLLOAD_FETCH_FROM"
	cacheVariable      = "DSQLLOAD_FETCH_TO"
)

// fetch downloads PostgreSQL's programs to the folder cache, unless they are there, and
// returns their folder. An empty repository means the library's default, Maven Central.
func fetch(ctx context.Context, repository, cache string) (string, error) {
	bin := filepath.Join(cache, "bin")
	if complete(bin) {
		return bin, nil
	}
	p, err := child.Command(Role, append(child.WayOut(), repositoryVariable+"="+repository, cacheVariable+"="+cache)...)
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { _ = p.Stdin.Close() })() // which ends the process
	why, err := p.Output()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("fetch PostgreSQL: %w", context.Cause(ctx))
	case complete(bin):
		return bin, nil
	case err != nil:
		return "", fmt.Errorf("fetch PostgreSQL: its process ended early: %w", err)
	}
	return "", fmt.Errorf("fetch PostgreSQL: %s", why)
}

// fetchAlone is the main function of the process that fetches PostgreSQL. The library
// leaves a log in TMPDIR, so this process has a TMPDIR that it removes at its end. It
// writes its error, if there is one, to its standard output.
func fetchAlone(repository, cache string) {
	folder, err := scratch.New(os.TempDir(), "dsqlload-fetch-")
	if err == nil {
		err = os.Setenv("TMPDIR", folder)
	}
	if err != nil {
		fmt.Print(err) // the parent reads it
		return
	}
	remove := func() { _ = os.RemoveAll(folder) } // it holds only a copy of the archive
	go func() {
		child.ParentGone()
		remove()
		os.Exit(1)
	}()
	defer remove()
	if err := download(repository, cache, folder); err != nil {
		fmt.Print(err) // the parent reads it
	}
}

// download fetches and unpacks the programs. The library has one call for all: fetch,
// unpack, make a cluster and start it. Here it gets a folder that looks like a cluster
// but isn't one, so that it neither makes nor starts anything. It must not connect,
// because its client panics at some of libpq's variables. So the call always returns an
// error, which means nothing if the programs are there afterwards.
func download(repository, cache, temp string) error {
	none := filepath.Join(temp, "none")
	if err := errors.Join(os.MkdirAll(cache, 0o755), os.MkdirAll(none, 0o700)); err != nil {
		return fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	if err := os.WriteFile(filepath.Join(none, "PG_VERSION"), []byte("16\n"), 0o600); err != nil {
		return fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	config := embedded.DefaultConfig().Version(embedded.V16).Port(port).Logger(io.Discard).
		BinariesPath(cache).CachePath(temp).RuntimePath(filepath.Join(temp, "run")).DataPath(none)
	if repository != "" {
		config = config.BinaryRepositoryURL(repository)
	}
	return embedded.NewDatabase(config).Start()
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }() // nothing was written
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
