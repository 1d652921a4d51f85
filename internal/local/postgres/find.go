package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// errNotFound is the error of find if there is no PostgreSQL.
var errNotFound = errors.New("no PostgreSQL server programs (postgres, initdb) on PATH or in the usual places")

// usualPlaces returns the folders in which distributions install the server programs, as
// globs.
func usualPlaces() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",                           // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                    // Red Hat, from PostgreSQL's own packages
		"/usr/libexec/postgresql*",                            // Alpine
		"/usr/local/pgsql/bin",                                // built from source
		"/opt/homebrew/opt/postgresql*/bin",                   // Homebrew, Apple silicon
		"/usr/local/opt/postgresql*/bin",                      // Homebrew, Intel
		"/opt/local/lib/postgresql*/bin",                      // MacPorts
		"/Applications/Postgres.app/Contents/Versions/*/bin/", // Postgres.app
	}
}

// find returns the folder of the server programs: the one on PATH, or else the newest
// version in places.
func find(places []string) (string, error) {
	if program, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil && complete(filepath.Dir(real)) {
			return filepath.Dir(real), nil
		}
	}
	var found []string
	for _, glob := range places {
		folders, err := filepath.Glob(glob)
		if err != nil {
			return "", fmt.Errorf("look for PostgreSQL in %s: %w", glob, err)
		}
		found = append(found, slices.DeleteFunc(folders, func(f string) bool { return !complete(f) })...)
	}
	if len(found) == 0 {
		return "", errNotFound
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

func complete(folder string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// version returns the first number in a path: 15 for /usr/lib/postgresql/15/bin.
func version(folder string) int {
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(folder)) // 0 if there is none
	return n
}
