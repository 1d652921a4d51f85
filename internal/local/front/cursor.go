package front

// cursorChange is what a statement does to the cursors that outlive their
// transaction. Such a cursor is the server connection's, so a session keeps its
// connection while it has one. The zero value is nothing.
type cursorChange struct {
	opens, closes, closesAll bool
	name                     string
}

// cursorChange reads DECLARE and CLOSE.
func (s statement) cursorChange() cursorChange {
	change := cursorChange{name: s.name(1)}
	switch {
	case s.is(0, "close"):
		change.closesAll = s.is(1, "all")
		change.closes = !change.closesAll
	case s.follows("declare ... with hold"):
		change.opens = true
	}
	return change
}

// cursor notes what a statement, which is about to be executed, does to cursors.
func (s *session) cursor(c *class) {
	switch change := c.cursor; {
	case change.opens && s.held == nil:
		s.held = map[string]struct{}{change.name: {}}
	case change.opens:
		s.held[change.name] = struct{}{}
	case change.closes:
		delete(s.held, change.name)
	case change.closesAll:
		clear(s.held)
	}
}
