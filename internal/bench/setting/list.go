package setting

import (
	"strings"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/secret"
)

// list is a repeatable flag. Each of its values may hold several entries, separated by
// commas or line breaks, because a variable can't be repeated.
type list struct {
	entries *[]string
	given   bool // entries no longer holds the default
}

// List returns a repeatable flag that stores its entries in to.
func List(to *[]string) pflag.Value { return &list{entries: to} }

// Set adds the entries of a value. A value without entries adds an empty one, so that the
// check of the flag reports it.
func (l *list) Set(value string) error {
	if !l.given {
		*l.entries, l.given = nil, true
	}
	if secret.Address(value) != value { // a mistake; in parts, its password might not be recognized
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

// Type returns the word for the value in the help.
func (l *list) Type() string { return "list" }
