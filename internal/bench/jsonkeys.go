package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// JSONKey is one key of a JSON text.
type JSONKey struct {
	Path  string // dotted; a dot in a key is written \.
	At    string // where it ends, "line:column"
	Value any    // nil, a bool, a float64 or a string; nil also of an object and an array
}

// JSONKeys lists the keys of the JSON object in text, nested objects too,
// arrays' contents not. It fails on anything that isn't one JSON object, and on
// a key that an object has twice.
func JSONKeys(text []byte) ([]JSONKey, error) {
	w := keyWalk{text: text, dec: json.NewDecoder(bytes.NewReader(text)), seen: map[string]bool{}}
	start, err := w.dec.Token()
	if err != nil {
		return nil, Placed(text, err)
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("%s: must be a JSON object", w.at())
	}
	if err := w.object(""); err != nil {
		return nil, err
	}
	if _, err := w.dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: text after the end of the JSON object", w.at())
	}
	return w.keys, nil
}

type keyWalk struct {
	text []byte
	dec  *json.Decoder
	seen map[string]bool
	keys []JSONKey
}

func (w *keyWalk) at() string { return lineColumn(w.text, w.dec.InputOffset()) }

// object reads on to the end of an object whose brace was read.
func (w *keyWalk) object(prefix string) error {
	for w.dec.More() {
		token, err := w.dec.Token()
		if err != nil {
			return Placed(w.text, err)
		}
		key := token.(string) // a Decoder answers only strings for keys
		// A dot in a key must not make it look like a path.
		path := prefix + strings.ReplaceAll(key, ".", `\.`)
		if w.seen[path] {
			return fmt.Errorf("%s: key %q stands twice", w.at(), path)
		}
		w.seen[path] = true
		w.keys = append(w.keys, JSONKey{Path: path, At: w.at()})
		if err := w.value(path); err != nil {
			return err
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return Placed(w.text, err)
	}
	return nil
}

func (w *keyWalk) value(path string) error {
	token, err := w.dec.Token()
	if err != nil {
		return Placed(w.text, err)
	}
	switch token {
	case json.Delim('{'):
		return w.object(path + ".")
	case json.Delim('['):
		return w.array()
	}
	w.keys[len(w.keys)-1].Value = token
	return nil
}

// array skips the rest of an array, whatever is nested in it.
func (w *keyWalk) array() error {
	for depth := 1; depth > 0; {
		token, err := w.dec.Token()
		if err != nil {
			return Placed(w.text, err)
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}
