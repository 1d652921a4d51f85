package address

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// variables are PostgreSQL's client variables, PG..., by name.
type variables map[string]string

// environment guards this process's client variables: between replacing them and putting the
// user's back, nobody else may read them. It is a package variable because the environment
// belongs to the whole process too.
var environment sync.Mutex

// ClientVariables returns the user's PG... variables as NAME=VALUE, for a child process that
// is to get them: os.Environ may lack them for a moment.
func ClientVariables() []string {
	var all []string
	for name, value := range usersVariables() {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

// usersVariables returns those that the user has set.
func usersVariables() variables {
	environment.Lock()
	defer environment.Unlock()
	return current()
}

// among calls work while v are the process's only client variables. pgx always reads the
// environment, and no argument overrides its PGSERVICE.
func among(v variables, work func()) {
	environment.Lock()
	defer environment.Unlock()
	user := current()
	defer become(v, user)
	become(user, v)
	work()
}

// current returns the client variables of now. It needs the lock.
func current() variables {
	v := variables{}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			v[name] = value
		}
	}
	return v
}

// become replaces the client variables from by to. It needs the lock.
func become(from, to variables) {
	for name := range from.without(slices.Collect(maps.Keys(to))...) {
		_ = os.Unsetenv(name) // fails only for names that can't be set either
	}
	for name, value := range to {
		if was, set := from[name]; !set || was != value {
			_ = os.Setenv(name, value) // names and values came from the environment
		}
	}
}

// without returns a copy without the variables of these names.
func (v variables) without(names ...string) variables {
	left := maps.Clone(v)
	for _, name := range names {
		delete(left, name)
	}
	return left
}
