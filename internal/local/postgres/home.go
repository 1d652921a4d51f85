package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/shirou/gopsutil/v4/disk"

	"dsql-load-test/internal/local/scratch"
)

const (
	socketFile = ".s.PGSQL.5432"
	// leastRoom is how many bytes must be free: an empty cluster takes two thirds of it.
	leastRoom = 64 << 20
)

// settle gives the cluster's folder to the server's user, and chooses the home.
func (c *cluster) settle() error {
	if usage, err := disk.Usage(c.folder); err == nil && usage.Free < leastRoom {
		return fmt.Errorf("%d MiB are free there, and a database takes %d MiB at least", usage.Free>>20, leastRoom>>20)
	}
	if err := c.give(c.folder); err != nil {
		return err
	}
	if fits(c.folder) {
		c.home = c.folder
		return nil
	}
	return c.makeHome("/tmp", "/var/tmp")
}

// makeHome makes a folder with a short path in the first of places where that is
// possible, with a link to the data. PostgreSQL gets only the path of the link, so
// nothing has to be quoted: initdb doesn't work with a line break in a path.
func (c *cluster) makeHome(places ...string) error {
	var all []error
	for _, place := range places {
		home, err := os.MkdirTemp(place, clusterPrefix)
		if err != nil {
			all = append(all, err)
			continue
		}
		c.home = home
		return errors.Join(os.Mkdir(filepath.Join(c.folder, dataFolder), 0o700), c.give(filepath.Join(c.folder, dataFolder)),
			os.Symlink(filepath.Join(c.folder, dataFolder), c.data()), c.give(home))
	}
	return fmt.Errorf("a socket can't have such a path, and there is no short folder for it: %w", errors.Join(all...))
}

// fits reports whether folder can hold the socket: the system allows about 100 bytes for
// the path, and it must need no quotes in a setting, an address or a shell.
func fits(folder string) bool {
	longest := len(syscall.RawSockaddrUnix{}.Path) - 1
	plain := regexp.MustCompile(`^[a-zA-Z0-9/._-]+$`).MatchString(folder)
	return plain && len(filepath.Join(folder, socketFile)) <= longest
}

// give makes the server's user the owner of a folder.
func (c *cluster) give(folder string) error {
	if c.owner == nil {
		return nil
	}
	return os.Chown(folder, int(c.owner.Uid), int(c.owner.Gid))
}

// enter returns why the server's user can't run PostgreSQL's programs in the cluster's
// folder, or nil.
func (c *cluster) enter(ctx context.Context) error {
	bin := string(c.Bin)
	if strings.ContainsAny(bin, "\"$`\r\n") || strings.Contains(bin, `\\`) { // initdb puts it in a shell's double quotes
		return fmt.Errorf("PostgreSQL's programs are in %s, and initdb can't be run from a folder whose name has \", $, `, two backslashes or a line break; put other ones first on PATH", bin)
	}
	if c.owner == nil || bin == "" {
		return nil
	}
	cmd := c.command(ctx, "postgres", "--version")
	cmd.Dir = c.folder
	err := c.run(ctx, cmd)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if closed := c.closed(c.folder); closed != "" {
		return scratch.Unusable(filepath.Dir(c.folder), fmt.Errorf("PostgreSQL runs as user %s, who may not enter %s", userName(c.owner), closed))
	}
	if closed := c.closed(bin); closed != "" {
		return fmt.Errorf("PostgreSQL's programs are in %s, and they run as user %s, who may not enter %s", bin, userName(c.owner), closed)
	}
	return err
}

// closed returns the outermost folder on the way to path whose mode doesn't let the
// server's user enter; "" if there is none.
func (c *cluster) closed(path string) string {
	above := filepath.Dir(path)
	if above != path {
		if closed := c.closed(above); closed != "" {
			return closed
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	enter := fs.FileMode(0o001)
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		switch {
		case of.Uid == c.owner.Uid:
			enter = 0o100
		case of.Gid == c.owner.Gid:
			enter = 0o010
		}
	}
	if info.Mode()&enter == 0 {
		return path
	}
	return ""
}
