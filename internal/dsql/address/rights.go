package address

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// withoutOpenPasswords is the place without a file of passwords that others may use,
// which psql passes over too, and that file; empty where there is none.
func (p place) withoutOpenPasswords() (place, string) {
	file := p.file("passfile", ".pgpass")
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return p, ""
	}
	return p.with("passfile"), file
}

// checkKey refuses a client's key that others may use, as psql does.
func (p place) checkKey(c *pgconn.Config) error {
	used := false
	for _, t := range tlsConfigs(c) {
		used = used || len(t.Certificates) > 0
	}
	if !used {
		return nil
	}
	file := p.file("sslkey", ".postgresql/postgresql.key")
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&ofOthers(info) == 0 {
		return nil // a key that can't be read is an error already
	}
	source := file
	switch {
	case p.has("sslkey"):
		source = "the connection string's key sslkey = " + file
	case p.variables["PGSSLKEY"] != "":
		source = "PGSSLKEY = " + file
	}
	return fmt.Errorf("%s: must be its owner's alone (chmod 600), for others may use the key", source)
}

// ofOthers are the rights that nobody but the owner may have to a key; a group may
// read one of the superuser's.
func ofOthers(info fs.FileInfo) fs.FileMode {
	if status, ok := info.Sys().(*syscall.Stat_t); ok && status.Uid == 0 {
		return 0o037
	}
	return 0o077
}

// has reports whether the address has a key.
func (p place) has(key string) bool { return keyed(key).MatchString(p.address) }

// keyed finds a key's values in an address.
func keyed(key string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[?&\s])` + key + `\s*=\s*('(?:[^'\\]|\\.)*'|[^&\s']*)`)
}

// value is what a key of the address says, the last one where it stands there more often.
func (p place) value(key string) string {
	found := keyed(key).FindAllStringSubmatch(p.address, -1)
	if found == nil {
		return ""
	}
	value := found[len(found)-1][1]
	if p.isURL() {
		value, _ = url.PathUnescape(value) // pgx took it
		return value
	}
	return regexp.MustCompile(`\\(.)`).ReplaceAllString(strings.Trim(value, "'"), "$1")
}

// file is the path that a key names: in the address, else by its variable, else one in
// the user's home. A service's isn't known.
func (p place) file(key, inHome string) string {
	if p.has(key) {
		return p.value(key)
	}
	if path := p.variables[settingOf(key).variable]; path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, inHome)
}
