// Package strictjson reads JSON texts that others wrote. It refuses what Go's
// encoding/json passes over: a key that an object has twice, text that is no UTF-8,
// numbers beyond a float64, and texts that are nested too deep or too long. Each
// fault has its line and column.
package strictjson

import (
	"encoding/json"
	"fmt"
)

// Key is one key of a JSON text.
type Key struct {
	Path  string // see Path
	At    string // where it ends, "line:column"
	Value any    // nil, a bool, a float64 or a string; nil also of an object and an array
	Null  bool   // it is null
}

// Keys lists the keys of the JSON object in text, nested objects too, but not
// those within lists. It fails on anything that isn't one JSON object, on text that
// no honest file has (see Walk), and on a key that an object has twice.
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
			key.Value, _ = v.Float64() // Walk has seen that it is one
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
