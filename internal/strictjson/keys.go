// Package strictjson reads JSON from outside. It refuses texts that encoding/json accepts:
// with a key twice in one object, with bytes that aren't UTF-8, with numbers beyond a
// float64, nested too deeply, or too long. Each error names line and column.
//
// Read walk.go first: Walk visits every value of a text. keys.go lists the keys, path.go
// writes and finds paths such as scenario_1.timeline[3].rows, position.go turns offsets
// into lines and columns, explain.go words the errors of encoding/json, and whole.go
// rewrites numbers such as 1.0.
package strictjson

import (
	"encoding/json"
	"fmt"
)

// Key is one key of a JSON text.
type Key struct {
	Path  string // in the form of the function Path
	At    string // where the key ends, "line:column"
	Value any    // a bool, a float64 or a string; nil for null, an object and a list
	Null  bool   // the value is null
}

// Keys returns the keys of the JSON object in text, including those of nested objects but
// not those within lists. It fails if Walk fails.
func Keys(text []byte) ([]Key, error) {
	var keys []Key
	err := Walk(text, func(w *Walker, token json.Token) error {
		if w.lists > 0 {
			return nil
		}
		if len(keys) == mostKeys {
			return fmt.Errorf("%s: more than %d keys", w.At(), mostKeys)
		}
		key := Key{Path: w.Path(), At: w.KeyAt(), Null: token == nil}
		switch v := token.(type) {
		case json.Number:
			key.Value, _ = v.Float64() // Walk checked that it fits
		case string, bool:
			key.Value = v
		}
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return keys, nil
}
