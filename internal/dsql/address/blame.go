package address

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"dsql-load-test/internal/dsql/failure"
)

// suspect is a possible reason, other than the address, why pgx refuses a place: variables
// that belong together, or files in the user's home.
type suspect struct {
	variables []string
	keys      []string // of the files, without which the files don't apply
	files     []string // paths in the user's home
}

// suspects returns all suspects of a place. A service is the last, because it may give the
// settings that the others are wrong beside. A host is none: pgx takes any, and refuses only
// the settings beside it.
func (p place) suspects() []suspect {
	var all []suspect
	add := func(names ...string) {
		set := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			value, present := p.variables[name]
			return value == "" && !(present && name == "PGSSLCERTMODE") // whose empty value is wrong too
		})
		if len(set) > 0 {
			all = append(all, suspect{variables: set})
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

// homeFiles returns the paths of libpq's files of these names that exist in the user's home.
func homeFiles(names ...string) []string {
	var found []string
	for _, name := range names {
		path := inHome(".postgresql/" + name)
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// without returns the place without a suspect's variables and files.
func (p place) without(s suspect) place {
	p.variables = p.variables.without(s.variables...)
	if slices.Contains(s.variables, "PGSERVICE") && p.variables["PGHOST"] == "" {
		p.variables["PGHOST"] = "localhost" // the default, a socket, would hide faults of TLS
	}
	return p.with(s.keys...)
}

// blamed returns all faults of a place that pgx refused with err, each with its source. pgx
// stops at the first fault. So blamed leaves out one suspect after the other: the one that
// changes pgx's error is the source of that error, and without it pgx comes to the next fault.
func (p place) blamed(err error) error {
	var faults []error
	for left := p; err != nil; {
		guilty, next := left.guilty(err)
		if guilty == nil {
			return errors.Join(append(faults, p.fault(err))...)
		}
		faults = append(faults, guilty.fault(left.variables, err))
		if slices.Contains(guilty.variables, "PGSERVICE") || slices.Contains(guilty.variables, "PGSERVICEFILE") {
			break // without the service the address means another server, and the next errors would be about that
		}
		left = left.without(*guilty)
		err = next
	}
	return errors.Join(faults...)
}

// guilty returns the suspect that causes err, or nil if the address does, and pgx's error
// without that suspect.
func (p place) guilty(err error) (*suspect, error) {
	for _, s := range p.suspects() {
		_, next := p.without(s).server()
		if next == nil || reasonOf(next) != reasonOf(err) {
			return &s, next
		}
	}
	return nil, err
}

// fault returns err with the suspect as its source.
func (s *suspect) fault(v variables, err error) error {
	if len(s.variables) == 0 {
		return fmt.Errorf("%s: %s", strings.Join(s.files, ", "), plain(innermost(err), v))
	}
	if allowed := settingOf(s.variables[0]).allowed; allowed != "" {
		return fmt.Errorf("%s: must be %s", v.shown(s.variables), allowed)
	}
	return fmt.Errorf("%s: %s", v.shown(s.variables), s.reason(v, err))
}

// Parts of pgx's errors that give no reason, or don't say which setting they are about.
const (
	pgxNoServices    = "failed to read service file: " // and a path
	pgxNoCertificate = "unable to add CA to cert pool"
)

// plain returns a reason of pgx's in terms of what the user set, with the part that pgx leaves
// out.
func plain(reason string, v variables) string {
	path, isService := strings.CutPrefix(reason, pgxNoServices)
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
	case reason == pgxNoCertificate:
		return "holds no certificate in PEM form"
	}
	return reason
}

// reason returns why pgx refuses the suspect. If the user gave a secret in place of a file's
// path, the reason is without that path.
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

// innermost returns why pgx refuses a value, without the key.
func innermost(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return failure.OneLine(inner).Error()
	}
	return reasonOf(err)
}
