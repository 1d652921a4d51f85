package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// What a JSON text may hold. Each bound is far above any file that is meant, and
// there so that a text made to do harm takes neither much memory nor time.
const (
	deepestJSON = 100     // objects and lists within each other
	mostKeys    = 10_000  // outside of lists, and of one object in a list
	mostEntries = 500_000 // of all lists together, but for lists that are entries
)

// Walker is where a walk through a JSON text is.
type Walker struct {
	text  []byte
	dec   *json.Decoder
	visit func(*Walker, json.Token) error

	steps   []Step
	lists   int   // that the value is in
	entries int   // of lists, so far
	keyEnd  int64 // offset of the end of the last key
	place   placing
}

// Walk visits each value of the JSON object in text, in order, those within
// lists too: a bool, a json.Number, a string, nil, or the json.Delim that an object
// or a list begins with. It fails on a text that isn't one JSON object in UTF-8, on
// a key that an object has twice, on a number that a float64 can't hold, and on what
// is nested too deep or too long.
func Walk(text []byte, visit func(*Walker, json.Token) error) error {
	if err := isUTF8(text); err != nil {
		return err
	}
	w := &Walker{text: text, dec: json.NewDecoder(bytes.NewReader(text)), visit: visit, place: placing{text: text}}
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

// At is where the value, or the brace before it, ends.
func (w *Walker) At() string { return w.place.at(w.dec.InputOffset()) }

// KeyAt is where the value's key ends; of an entry of a list, where that ends.
func (w *Walker) KeyAt() string {
	if w.steps[len(w.steps)-1].Index >= 0 {
		return w.At()
	}
	return w.place.at(w.keyEnd)
}

// Path is the value's place, such as "scenario_1.timeline[3].rows".
func (w *Walker) Path() string { return Path(w.steps) }

// Steps are the same; they are good until the visit returns.
func (w *Walker) Steps() []Step { return w.steps }

// token reads on.
func (w *Walker) token() (json.Token, error) {
	token, err := w.dec.Token()
	if err != nil {
		return nil, Placed(w.text, err)
	}
	return token, nil
}

// object reads on to the end of an object whose brace was read.
func (w *Walker) object() error {
	seen := map[string]bool{}
	for w.dec.More() {
		token, err := w.token()
		if err != nil {
			return err
		}
		key := token.(string) // a Decoder answers only strings for keys
		w.steps = append(w.steps, Step{Key: key, Index: -1})
		w.keyEnd = w.dec.InputOffset()
		switch {
		case seen[key]:
			return fmt.Errorf("%s: key %q stands twice", w.At(), w.Path())
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

// list reads on to the end of a list whose bracket was read.
func (w *Walker) list() error {
	w.lists++
	counts := w.steps[len(w.steps)-1].Index < 0 // that of an interval [from, to) has two
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
