package setting

import (
	"strings"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/secret"
)

// list is a flag that is repeatable. Each value of it, and so its one variable too,
// may hold several entries, separated by commas or line breaks.
type list struct {
	entries *[]string
	given   bool // the entries are no default any more
}

// List returns a flag that keeps its entries in to.
func List(to *[]string) pflag.Value { return &list{entries: to} }

// Set adds the entries of a value. A value without any adds an empty one, for the
// flag's own check to name.
func (l *list) Set(value string) error {
	if !l.given {
		*l.entries, l.given = nil, true
	}
	if secret.Address(value) != value { // a mistake; cut apart, its password might not be known for one
		*l.entries = append(*l.entries, value)
		return nil
	}
	before := len(*l.entries)
	for entry := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if entry = strings.TrimSpace(entry); entry != "" {
			*l.entries = append(*l.entries, entry)
		}
	}
	if len(*l.entries) == before {
		*l.entries = append(*l.entries, "")
	}
	return nil
}

func (l *list) String() string {
	if l.entries == nil || len(*l.entries) == 0 {
		return ""
	}
	return "[" + strings.Join(*l.entries, ",") + "]"
}

// Type is what the help calls a value.
func (l *list) Type() string { return "list" }
