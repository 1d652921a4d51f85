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

// surrounded is held while this process's client variables are looked at, or are
// others than the user's. The environment is the process's, so this is too.
var surrounded sync.Mutex

// ClientVariables are PostgreSQL's client variables of this process, as NAME=VALUE,
// for a child that is to have them: the environment itself may be without them for
// a moment.
func ClientVariables() []string {
	surrounded.Lock()
	defer surrounded.Unlock()
	var all []string
	for name, value := range current() {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

// usersVariables are those that the user has set.
func usersVariables() variables {
	surrounded.Lock()
	defer surrounded.Unlock()
	return current()
}

// among works while v are all of the process's client variables there are: pgx
// reads them, whatever it is called with, and nothing given to it goes over
// PGSERVICE.
func among(v variables, work func()) {
	surrounded.Lock()
	defer surrounded.Unlock()
	user := current()
	defer func() { become(v, user) }()
	become(user, v)
	work()
}

// current are the client variables of now. The lock is held.
func current() variables {
	v := variables{}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			v[name] = value
		}
	}
	return v
}

// become changes the client variables from those they are to others. The lock is held.
func become(from, to variables) {
	for name := range from {
		if _, stays := to[name]; !stays {
			_ = os.Unsetenv(name) // it has no error but for names that can't be set
		}
	}
	for name, value := range to {
		if was, set := from[name]; !set || was != value {
			_ = os.Setenv(name, value) // names and values came from there
		}
	}
}

// without are the variables but those named.
func (v variables) without(names ...string) variables {
	left := maps.Clone(v)
	for _, name := range names {
		delete(left, name)
	}
	return left
}

// set are those of names that have a value, or are present at all where empty says
// something too, sorted.
func (v variables) set(names ...string) []string {
	var found []string
	for _, name := range names {
		if value, present := v[name]; value != "" || present && name == "PGSSLCERTMODE" {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
