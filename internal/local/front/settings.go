package front

import (
	"maps"
	"slices"
	"strings"
)

// settings are what a session has SET: the statement that does it by the
// parameter's name. The zero value is the server's defaults.
type settings struct {
	byName map[string]string
	all    string // the statements in the order of the names
}

// set notes a statement; an empty one is the default again.
func (s *settings) set(name, sql string) {
	if s.byName == nil {
		s.byName = map[string]string{}
	}
	if s.byName[name] = sql; sql == "" {
		delete(s.byName, name)
	}
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(s.byName)) {
		b.WriteString(s.byName[n] + ";")
	}
	s.all = b.String()
}

// change is a SET or RESET of a transaction that is not committed yet.
type change struct{ name, sql string }

func changeOf(c *class) change {
	if len(c.sql) >= 5 && strings.EqualFold(c.sql[:5], "reset") {
		return change{name: c.name}
	}
	return change{c.name, c.sql}
}

// apply keeps a committed change; RESET ALL takes all back.
func (s *settings) apply(c change) {
	if c.name == "all" && c.sql == "" {
		*s = settings{}
		return
	}
	s.set(c.name, c.sql)
}

// startWith notes a parameter of the client's start-up message.
func (s *settings) startWith(name, value string) *Error {
	key := strings.ToLower(name)
	if !settable(key) {
		refused := refusalOf(unsettable(name))
		refused.Fatal = true
		return refused
	}
	s.set(key, "SELECT set_config('"+key+"', "+quoted(value)+", false)")
	return nil
}
