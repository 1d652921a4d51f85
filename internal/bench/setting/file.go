package setting

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
	"dsql-load-test/internal/suggest"
)

// ReadFile overrides c with the text of a config file. name is the file's name for
// messages. It reports all unknown keys and wrong types at once, with line and column, and
// takes all other keys; Validate checks the values. It takes no key from a text that isn't
// a JSON object.
func ReadFile(c *bench.Config, name string, text []byte) error {
	keys, err := strictjson.Keys(text)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	text = strictjson.WholeNumbers(text)
	v := &Values{Config: *c}
	var faults []error
	for _, k := range keys {
		if err := v.takeKey(k, valueAt(text, k.Path)); err != nil {
			faults = append(faults, fmt.Errorf("%s:%s: %w", name, k.At, err))
			continue
		}
		c.Origin[k.Path] = name + ":" + k.At
	}
	*c = v.Config
	return errors.Join(faults...)
}

// takeKey takes the value of one key of a config file.
func (v *Values) takeKey(k strictjson.Key, value json.RawMessage) error {
	to := any(new(struct{})) // for the key of an object, such as scenario_1
	row, known := inFile(k.Path)
	switch {
	case known:
		to = reflect.New(reflect.TypeOf(row.At(v)).Elem()).Interface() // a copy, because a wrong value must not change the setting
	case !isObject(k.Path):
		return suggest.Hint(fmt.Errorf("unknown key %q", k.Path), k.Path, fileKeys(), "")
	}
	err := json.Unmarshal(value, to)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		wrong.Field = k.Path
		text := strictjson.Explained(wrong, value[0] == '[' && wrong.Value != "array")
		if row.Kind.Auto {
			text += ` or "auto"`
		}
		return errors.New(text)
	case err == nil && known && !k.Null:
		assign(row.At(v), to)
	}
	return err
}

// isObject reports whether config.json has an object with this key.
func isObject(key string) bool {
	return slices.ContainsFunc(fileKeys(), func(k string) bool { return strings.HasPrefix(k, key+".") })
}

// fileKeys returns the keys that config.json may have, without those of objects.
func fileKeys() (keys []string) {
	for _, s := range Table() {
		if s.Key != "" && !s.NotFile {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// valueAt returns the value of the key at path in the JSON object text.
func valueAt(text json.RawMessage, path string) json.RawMessage {
	for part := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if json.Unmarshal(text, &object) != nil {
			return json.RawMessage("null")
		}
		text = object[part]
	}
	return text
}
