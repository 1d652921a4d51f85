package bench

import (
	"encoding/json"
	"fmt"
)

// JSONKey is one key of a JSON text.
type JSONKey struct {
	Path  string // see JSONPath
	At    string // where it ends, "line:column"
	Value any    // nil, a bool, a float64 or a string; nil also of an object and an array
	Null  bool   // it is null
}

// JSONKeys lists the keys of the JSON object in text, nested objects too, but not
// those within lists. It fails on anything that isn't one JSON object, on text that
// no honest file has (see WalkJSON), and on a key that an object has twice.
func JSONKeys(text []byte) ([]JSONKey, error) {
	var keys []JSONKey
	err := WalkJSON(text, func(w *JSONWalk, token json.Token) error {
		if w.lists > 0 {
			return nil
		}
		if len(keys) == mostKeys {
			return fmt.Errorf("%s: more than %d keys", w.At(), mostKeys)
		}
		key := JSONKey{Path: w.Path(), At: w.KeyAt(), Null: token == nil}
		switch v := token.(type) {
		case json.Number:
			key.Value, _ = v.Float64() // WalkJSON has seen that it is one
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
