package session

import (
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// Settings are the parameters that a session has SET: for each name the statement that
// sets it. The zero value is the server's defaults.
type Settings struct {
	byName map[string]string
	all    string // the statements in the order of the names
}

// set notes the statement that sets a parameter. "" takes the default back, that of all
// parameters if name is "all".
func (s *Settings) set(name, sql string) {
	if s.byName == nil {
		s.byName = map[string]string{}
	}
	switch {
	case sql != "":
		s.byName[name] = sql
	case name == "all":
		clear(s.byName)
	default:
		delete(s.byName, name)
	}
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(s.byName)) {
		b.WriteString(s.byName[n] + ";")
	}
	s.all = b.String()
}

// change is a SET or RESET of a transaction that has not committed. An empty sql is a
// RESET.
type change struct{ name, sql string }

func changeOf(c *sql.Class) change {
	if len(c.SQL) >= 5 && strings.EqualFold(c.SQL[:5], "reset") {
		return change{name: c.Name}
	}
	return change{c.Name, c.SQL}
}

// StartWith notes a parameter of the client's start-up message.
func (s *Settings) StartWith(name, value string) *wire.Error {
	key := strings.ToLower(name)
	if !sql.Settable(key) {
		refused := refusalOf(sql.Unsettable(name))
		refused.Fatal = true
		return refused
	}
	s.start(key, value)
	return nil
}

// start sets a parameter that a session may set, from its beginning.
func (s *Settings) start(key, value string) {
	s.set(key, "SELECT set_config('"+key+"', "+sql.Quoted(value)+", false)")
}
