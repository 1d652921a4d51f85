package address

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// withoutOpenPasswords returns the place without a password file that others may use, which
// psql passes over too, and the file's path; empty if it is private or doesn't exist.
func (p place) withoutOpenPasswords() (place, string) {
	file := p.file("passfile", ".pgpass")
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return p, ""
	}
	return p.with("passfile"), file
}

// checkKey refuses a client's key that others may use, as psql does.
func (p place) checkKey(c *pgconn.Config) error {
	if !slices.ContainsFunc(tlsConfigs(c), func(t *tls.Config) bool { return len(t.Certificates) > 0 }) {
		return nil
	}
	file := p.file("sslkey", ".postgresql/postgresql.key")
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&forbidden(info) == 0 {
		return nil // pgx reports a key that can't be read
	}
	source := file
	switch {
	case p.has("sslkey"):
		source = "the connection string's key sslkey = " + file
	case p.variables["PGSSLKEY"] != "":
		source = "PGSSLKEY = " + file
	}
	return fmt.Errorf("%s: must be its owner's alone (chmod 600), because others may use the key", source)
}

// forbidden returns the permissions that only the owner of a key may have. The group may read
// a key that root owns.
func forbidden(info fs.FileInfo) fs.FileMode {
	if status, ok := info.Sys().(*syscall.Stat_t); ok && status.Uid == 0 {
		return 0o037
	}
	return 0o077
}

// has reports whether the address has a key.
func (p place) has(key string) bool { return valuesOf(key).MatchString(p.address) }

// valuesOf matches the values of a key in an address.
func valuesOf(key string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[?&\s])` + key + `\s*=\s*('(?:[^'\\]|\\.)*'|[^&\s']*)`)
}

// value returns the value of a key in the address, which is the last one if there are several.
func (p place) value(key string) string {
	found := valuesOf(key).FindAllStringSubmatch(p.address, -1)
	if found == nil {
		return ""
	}
	value := found[len(found)-1][1]
	if p.isURL() {
		value, _ = url.PathUnescape(value) // pgx has parsed it before
		return value
	}
	return regexp.MustCompile(`\\(.)`).ReplaceAllString(strings.Trim(value, "'"), "$1")
}

// file returns the path that the address gives for a key, else its variable, else the file
// in the user's home. It doesn't look into services.
func (p place) file(key, home string) string {
	if p.has(key) {
		return p.value(key)
	}
	if path := p.variables[settingOf(key).variable]; path != "" {
		return path
	}
	return inHome(home)
}
