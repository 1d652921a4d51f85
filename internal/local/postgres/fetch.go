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

// The variables that say where fetchAlone fetches from and to.
const (
	repositoryVariable = "DSQLLOAD_FETCH_FROM"
	cacheVariable      = "DSQLLOAD_FETCH_TO"
)

// fetch downloads PostgreSQL's programs once, from repository (empty is the
// library's own, Maven Central), and returns the folder that holds them below
// cache. Later calls find them there.
func fetch(ctx context.Context, repository, cache string) (string, error) {
	bin := filepath.Join(cache, "bin")
	if complete(bin) {
		return bin, nil
	}
	p, err := child.Command(Role, append(child.WayOut(), repositoryVariable+"="+repository, cacheVariable+"="+cache)...)
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { _ = p.Stdin.Close() })() // it ends then
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

// fetchAlone is the life of the process that fetches PostgreSQL: the library leaves a
// log in TMPDIR, which is a folder that is thrown away here. It writes what went wrong.
func fetchAlone(repository, cache string) {
	folder, err := scratch.New(os.TempDir(), "dsqlload-fetch-")
	if err == nil {
		err = os.Setenv("TMPDIR", folder)
	}
	if err != nil {
		fmt.Print(err) // nobody else to tell
		return
	}
	remove := func() { _ = os.RemoveAll(folder) } // only a copy of the archive is in it
	go func() {
		child.ParentGone()
		remove()
		os.Exit(1)
	}()
	defer remove()
	if err := download(repository, cache, folder); err != nil {
		fmt.Print(err) // as above
	}
}

// download is the library's start, which fetches, unpacks and starts in one call, where
// only the programs are wanted. What it takes for a cluster that is there is none, so
// nothing starts, and the library doesn't connect: its client panics at some of libpq's
// variables. So its error says nothing where the programs are there.
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
