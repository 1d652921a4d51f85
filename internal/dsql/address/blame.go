package address

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dsql-load-test/internal/dsql/failure"
)

// suspect is what may make pgx refuse a place, other than the address: variables
// that belong together, or files in the user's home.
type suspect struct {
	variables []string
	keys      []string // whose files in the user's home are meant
	files     []string
}

// suspects are all of a place, those that belong together in one, and a service last,
// for it may give what others are wrong beside. A host is none: pgx takes any, and
// what it refuses is what stands beside it.
func (p place) suspects() []suspect {
	var all []suspect
	add := func(names ...string) {
		if found := p.variables.set(names...); len(found) > 0 {
			all = append(all, suspect{variables: found})
		}
	}
	certificate, service := []string{"PGSSLCERT", "PGSSLKEY", "PGSSLPASSWORD"}, []string{"PGSERVICE", "PGSERVICEFILE"}
	add(certificate...)
	for _, name := range slices.Sorted(maps.Keys(p.variables.without(slices.Concat(certificate, service, []string{"PGHOST", "PGHOSTADDR"})...))) {
		add(name)
	}
	if files := homeFiles("postgresql.crt", "postgresql.key"); len(files) == 2 && !strings.Contains(p.address, "sslcert") {
		all = append(all, suspect{keys: []string{"sslcert", "sslkey"}, files: files})
	}
	if roots := homeFiles("root.crt"); len(roots) > 0 && !strings.Contains(p.address, "sslrootcert") {
		all = append(all, suspect{keys: []string{"sslrootcert"}, files: roots})
	}
	add(service...)
	return all
}

// homeFiles are those of libpq's files of these names that the user has.
func homeFiles(names ...string) []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	var found []string
	for _, name := range names {
		path := filepath.Join(home, ".postgresql", name)
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// without is the place as it would be without what is suspected.
func (p place) without(s suspect) place {
	p.variables = p.variables.without(s.variables...)
	if slices.Contains(s.variables, "PGSERVICE") && p.variables["PGHOST"] == "" {
		p.variables["PGHOST"] = "localhost" // a socket, the default, would hide what is wrong with TLS
	}
	return p.with(s.keys...)
}

// blamed is the error with which pgx refused a place, and those it would have come
// to next, each as one about what it is in. pgx stops at the first: so what is at
// fault is what changes the error when it is left out.
func (p place) blamed(err error) error {
	var faults []error
	for left := p; err != nil; {
		guilty, next := left.guilty(err)
		if guilty == nil {
			return errors.Join(append(faults, p.fault(err))...)
		}
		faults = append(faults, guilty.fault(left.variables, err))
		if guilty.isService() {
			break // without it another place is meant, of which the error would be
		}
		left = left.without(*guilty)
		err = next
	}
	return errors.Join(faults...)
}

func (s *suspect) isService() bool {
	return slices.Contains(s.variables, "PGSERVICE") || slices.Contains(s.variables, "PGSERVICEFILE")
}

// guilty is what an error is about, nil for the address, and the error without it.
func (p place) guilty(err error) (*suspect, error) {
	for _, s := range p.suspects() {
		_, next := p.without(s).server()
		if next == nil || reasonOf(next) != reasonOf(err) {
			return &s, next
		}
	}
	return nil, err
}

// fault is err as one about what is suspected.
func (s *suspect) fault(v variables, err error) error {
	if len(s.variables) == 0 {
		return fmt.Errorf("%s: %s", strings.Join(s.files, ", "), plain(innermost(err), v))
	}
	if allowed := settingOf(s.variables[0]).allowed; allowed != "" {
		return fmt.Errorf("%s: must be %s", v.shown(s.variables), allowed)
	}
	return fmt.Errorf("%s: %s", v.shown(s.variables), s.reason(v, err))
}

// What pgx says without why, or without what it is of.
const (
	noServices    = "failed to read service file: " // and a path
	noCertificate = "unable to add CA to cert pool"
)

// plain is a reason of pgx's in terms of what the user set, with what it leaves out.
func plain(reason string, v variables) string {
	path, isService := strings.CutPrefix(reason, noServices)
	switch {
	case isService:
		why := servicesFault(path)
		if v["PGSERVICEFILE"] == "" && strings.HasSuffix(path, "/.pg_service.conf") {
			why += " (PGSERVICEFILE names another one)"
		}
		return why
	case reason == `both "sslcert" and "sslkey" are required` && v["PGSSLKEY"] == "":
		return "needs PGSSLKEY beside it"
	case reason == `both "sslcert" and "sslkey" are required`:
		return "needs PGSSLCERT beside it"
	case reason == noCertificate:
		return "holds no certificate in PEM form"
	}
	return reason
}

// reason is why pgx refuses what is suspected, without what may be a secret in place
// of a file's path.
func (s *suspect) reason(v variables, err error) string {
	if path := new(fs.PathError); errors.As(err, &path) {
		for _, name := range s.variables {
			if v[name] == path.Path && settingOf(name).secret(path.Path) {
				return path.Err.Error()
			}
		}
	}
	return plain(innermost(err), v)
}

// innermost is why pgx refuses a value, without the key.
func innermost(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return failure.OneLine(inner).Error()
	}
	return reasonOf(err)
}
