package strictjson

import "testing"

// Place finds each key of any text where Keys found it.
func FuzzKeys(f *testing.F) {
	for _, text := range []string{`{"a": {"b.c": [{"d": 1}, 2]}, "": null}`, "{\n\"a\":\n1e400}", `{"a": 1, "a": 2}`, `{"\ud800": "\u0000"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := Keys(text)
		if err != nil {
			return
		}
		for _, k := range keys[:min(len(keys), 20)] {
			if len(k.Path) > 200 {
				return // cut, so other keys may have the same path
			}
			if at := Place(text, k.Path); at != k.At {
				t.Errorf("%q is at %s, found at %s", k.Path, k.At, at)
			}
		}
	})
}
