package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Limits of a JSON text. Each is far above that of any real file; they bound the memory and
// time that a malicious text takes.
const (
	deepestJSON = 100     // nested objects and lists
	mostKeys    = 10_000  // outside of lists together, and in each object within a list
	mostEntries = 500_000 // of all lists together, except for lists that are entries
)

// Walker is the state of a walk through a JSON text.
type Walker struct {
	text  []byte
	dec   *json.Decoder
	visit func(*Walker, json.Token) error

	steps   []Step
	lists   int   // lists around the current value
	entries int   // entries of lists so far
	keyEnd  int64 // offset of the end of the last key
	lines   lineCounter
}

// Walk calls visit for each value of the JSON object in text, in order, including those
// within lists. The token is a bool, a json.Number, a string, nil, or the json.Delim that
// begins an object or a list. Walk fails on a text that isn't one JSON object in UTF-8, on a
// key twice in one object, on a number beyond a float64, and on a text over the limits
// above.
func Walk(text []byte, visit func(*Walker, json.Token) error) error {
	if err := checkUTF8(text); err != nil {
		return err
	}
	w := &Walker{text: text, dec: json.NewDecoder(bytes.NewReader(text)), visit: visit, lines: lineCounter{text: text}}
	w.dec.UseNumber()
	start, err := w.dec.Token()
	if err != nil {
		return Placed(text, err)
	}
	if start != json.Delim('{') {
		return fmt.Errorf("%s: must be a JSON object", w.At())
	}
	if err := w.object(); err != nil {
		return err
	}
	if _, err := w.dec.Token(); err != io.EOF {
		return fmt.Errorf("%s: text after the end of the JSON object", w.At())
	}
	return nil
}

// At returns where the current value ends, or the bracket that begins it.
func (w *Walker) At() string { return w.lines.at(w.dec.InputOffset()) }

// KeyAt returns where the key of the current value ends; for an entry of a list, At.
func (w *Walker) KeyAt() string {
	if w.steps[len(w.steps)-1].Index >= 0 {
		return w.At()
	}
	return w.lines.at(w.keyEnd)
}

// Path returns the path of the current value, such as "scenario_1.timeline[3].rows".
func (w *Walker) Path() string { return Path(w.steps) }

// Steps returns the path as steps. They are valid until visit returns.
func (w *Walker) Steps() []Step { return w.steps }

// token reads the next token.
func (w *Walker) token() (json.Token, error) {
	token, err := w.dec.Token()
	if err != nil {
		return nil, Placed(w.text, err)
	}
	return token, nil
}

// object reads the rest of an object whose opening brace was read.
func (w *Walker) object() error {
	seen := map[string]bool{}
	for w.dec.More() {
		token, err := w.token()
		if err != nil {
			return err
		}
		key := token.(string) // a Decoder returns only strings for keys
		w.steps = append(w.steps, Step{Key: key, Index: -1})
		w.keyEnd = w.dec.InputOffset()
		switch {
		case seen[key]:
			return fmt.Errorf("%s: key %q appears twice", w.At(), w.Path())
		case len(seen) == mostKeys:
			return fmt.Errorf("%s: more than %d keys", w.At(), mostKeys)
		}
		seen[key] = true
		if err := w.value(); err != nil {
			return err
		}
		w.steps = w.steps[:len(w.steps)-1]
	}
	_, err := w.token()
	return err
}

// list reads the rest of a list whose opening bracket was read.
func (w *Walker) list() error {
	w.lists++
	counts := w.steps[len(w.steps)-1].Index < 0 // not for lists in lists: an interval [from, to) has two entries
	for i := 0; w.dec.More(); i++ {
		if counts {
			w.entries++
		}
		if w.entries > mostEntries {
			return fmt.Errorf("%s: the lists have more than %d entries", w.At(), mostEntries)
		}
		w.steps = append(w.steps, Step{Index: i})
		if err := w.value(); err != nil {
			return err
		}
		w.steps = w.steps[:len(w.steps)-1]
	}
	w.lists--
	_, err := w.token()
	return err
}

// value reads and visits the next value, and all values in it.
func (w *Walker) value() error {
	token, err := w.token()
	if err != nil {
		return err
	}
	if number, ok := token.(json.Number); ok {
		if _, err := number.Float64(); err != nil {
			return fmt.Errorf("%s: %s is the number %s, must be within -1.8e308 to 1.8e308", w.At(), w.Path(), short(number.String()))
		}
	}
	if len(w.steps) > deepestJSON {
		return fmt.Errorf("%s: nested more than %d deep", w.At(), deepestJSON)
	}
	if err := w.visit(w, token); err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return w.object()
	case json.Delim('['):
		return w.list()
	}
	return nil
}
