package quote

import (
	"fmt"
	"reflect"
	"strings"
)

// Hint adds advice to err; Messages returns it as a separate line. Args is applied to args.
func Hint(err error, format string, args ...any) error {
	return &hinted{err: err, hint: fmt.Sprintf(format, Args(args...)...)}
}

// Advise is Hint with a text that is no format. It returns err itself if the text is empty.
func Advise(err error, hint string) error {
	if hint == "" {
		return err
	}
	return Hint(err, "%s", hint)
}

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() + "\nhint: " + h.hint }
func (h *hinted) Unwrap() error { return h.err }
func (h *hinted) Hint() string  { return h.hint }

// advising is an error with a hint. Another package may have its own type.
type advising interface {
	Hint() string
	Unwrap() error
}

// Message is one line of an error's text.
type Message struct {
	Text string
	Hint bool // Text is advice; it doesn't contain the word hint
}

// Messages returns the lines of err: one for each joined error and one for each Hint. Line
// breaks within the text of any other error come from outside and are escaped.
func Messages(err error) []Message {
	text := err.Error()
	switch e := err.(type) {
	case advising:
		return append(Messages(e.Unwrap()), Message{Text: Line(e.Hint()), Hint: true})
	case interface{ Unwrap() []error }:
		if all, ok := joined(e.Unwrap(), text); ok {
			return all
		}
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		if before, after, found := strings.Cut(text, inner.Error()); found {
			return around(before, Messages(inner), after)
		}
	}
	return []Message{{Text: Line(text)}}
}

// joined returns the messages of errors that errors.Join joined; ok is false for another
// error that wraps several.
func joined(errs []error, text string) (all []Message, ok bool) {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
		all = append(all, Messages(err)...)
	}
	return all, len(all) > 0 && strings.Join(texts, "\n") == text
}

// around adds the text before an inner error to the first line, and the text after it to
// the last line that isn't a hint.
func around(before string, all []Message, after string) []Message {
	last := len(all) - 1
	for last > 0 && all[last].Hint {
		last--
	}
	all[0].Text = Line(before) + all[0].Text
	all[last].Text += Line(after)
	return all
}

// Lines returns Messages as texts, hints with the prefix "hint: ".
func Lines(err error) []string {
	var all []string
	for _, m := range Messages(err) {
		if m.Hint {
			m.Text = "hint: " + m.Text
		}
		all = append(all, m.Text)
	}
	return all
}

// OneLine returns all Lines of err on one line.
func OneLine(err error) string { return strings.Join(Lines(err), "; ") }

// Collapse returns the text of err with each run of white space, a line break too, as one space.
func Collapse(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Args prepares the arguments of a format: each text and error becomes one line, other
// values stay.
func Args(args ...any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if err, ok := arg.(error); ok && err != nil {
			out[i] = OneLine(err)
		} else if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
			out[i] = Line(v.String())
		}
	}
	return out
}
