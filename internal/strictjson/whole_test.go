package strictjson

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]string{
		`1.0`: `1  `, `{"a": 10.00, "b":[-3.0,2.5]}`: `{"a": 10   , "b":[-3  ,2.5]}`, `1.50e1`: `15    `, `120e-1`: `12    `, `-0.0`: `0   `,
		`1e3`: `1e3`, `9007199254740991.0`: `9007199254740991  `, `9007199254740993.0`: `9007199254740993.0`, `1.0e400`: `1.0e400`,
		`"1.0 \" 2.0"`: `"1.0 \" 2.0"`, `{"1.0":"a"}`: `{"1.0":"a"}`, `01.0`: `01.0`, `1.`: `1.`, `.5`: `.5`, `1.0.0`: `1.0.0`, `"`: `"`, `"\`: `"\`, ``: ``,
	} {
		if got := string(WholeNumbers([]byte(text))); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The result has the same meaning and length, and text isn't changed.
func FuzzWholeNumbers(f *testing.F) {
	for _, seed := range []string{`{"a": [1.0, 2.5e1, "3.0"], "b": -0.0}`, `1e5`, `"\u00e4 1.0"`, `[1.0`, "\xff1.0"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := string(text)
		got := WholeNumbers(text)
		if string(text) != before || len(got) != len(text) || json.Valid(got) != json.Valid(text) {
			t.Fatalf("%q became %q", before, got)
		}
		var a, b any
		if json.Unmarshal(text, &a) == nil && (json.Unmarshal(got, &b) != nil || !reflect.DeepEqual(a, b)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
