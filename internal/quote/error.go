package quote

import (
	"fmt"
	"reflect"
	"strings"
)

// Hint is err with advice, which Messages sets on a line of its own. Line is
// applied to args that are texts.
func Hint(err error, format string, args ...any) error {
	return &hinted{err: err, hint: fmt.Sprintf(format, Args(args...)...)}
}

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() + "\nhint: " + h.hint }
func (h *hinted) Unwrap() error { return h.err }
func (h *hinted) Hint() string  { return h.hint }

// advising is an error as Hint makes it, in whatever package.
type advising interface {
	Hint() string
	Unwrap() error
}

// Message is one line of what an error says.
type Message struct {
	Text string
	Hint bool // it is advice, without the word hint
}

// Messages are the lines of err that this program made: one for each error that
// was joined, and one for each Hint. A line break within the text of any other
// error is from outside, and made visible.
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

// joined takes what errors.Join made apart; ok is false for anything else.
func joined(errs []error, text string) (all []Message, ok bool) {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
		all = append(all, Messages(err)...)
	}
	return all, len(all) > 0 && strings.Join(texts, "\n") == text
}

// around puts what stood before and after an error's text on the first line and
// on the last that is no hint.
func around(before string, all []Message, after string) []Message {
	last := len(all) - 1
	for last > 0 && all[last].Hint {
		last--
	}
	all[0].Text = Line(before) + all[0].Text
	all[last].Text += Line(after)
	return all
}

// Lines are Messages with the word hint before those that are one.
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

// OneLine is all that err says on one line.
func OneLine(err error) string { return strings.Join(Lines(err), "; ") }

// Args are args for a format that is ours: texts and errors as one line each,
// anything else as it is.
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
