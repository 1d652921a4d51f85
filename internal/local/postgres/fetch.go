package postgres

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// fetch downloads PostgreSQL's programs once, from repository (empty is the
// library's own, Maven Central), and answers the folder that holds them below
// cache. Later calls find them there. scratch is a folder that is thrown away.
func fetch(repository, cache, scratch string) (string, error) {
	bin := filepath.Join(cache, "bin")
	if complete(bin) {
		return bin, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	// The library fetches, unpacks and starts in one call, and only the programs are
	// wanted. What it takes for a cluster that is there is none, so nothing starts,
	// and the library doesn't connect: its client panics at some of libpq's variables.
	none := filepath.Join(scratch, "none")
	if err := os.MkdirAll(none, 0o700); err != nil {
		return "", fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	if err := os.WriteFile(filepath.Join(none, "PG_VERSION"), []byte("16\n"), 0o600); err != nil {
		return "", fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	config := embedded.DefaultConfig().Version(embedded.V16).Port(port).Logger(io.Discard).
		BinariesPath(cache).CachePath(scratch).RuntimePath(filepath.Join(scratch, "run")).DataPath(none)
	if repository != "" {
		config = config.BinaryRepositoryURL(repository)
	}
	err = once(embedded.NewDatabase(config), scratch)
	if !complete(bin) {
		return "", errors.Join(errors.New("fetch PostgreSQL"), err)
	}
	return bin, nil
}

// once starts and stops a database: the library fetches and unpacks in the same call.
// Only the programs are wanted: that it can't start them as root, say, doesn't matter.
// It leaves a log in TMPDIR, which is temp meanwhile.
func once(db *embedded.EmbeddedPostgres, temp string) error {
	was, set := os.LookupEnv("TMPDIR")
	if err := os.Setenv("TMPDIR", temp); err != nil {
		return err
	}
	defer func() {
		_ = os.Unsetenv("TMPDIR") // it was set just now
		if set {
			_ = os.Setenv("TMPDIR", was) // as it was
		}
	}()
	if err := db.Start(); err != nil {
		return err
	}
	return db.Stop()
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }() // nothing was written
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
