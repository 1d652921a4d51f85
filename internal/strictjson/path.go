package strictjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// Step is one step of a path: a key of an object or an entry of a list.
type Step struct {
	Key   string
	Index int // of an entry, from 0; -1 for a key
}

// Path returns steps in a form such as "scenario_1.timeline[3].rows".
func Path(steps []Step) string {
	var b strings.Builder
	for i, s := range steps {
		switch {
		case s.Index >= 0:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
			continue
		case i > 0:
			b.WriteByte('.')
		}
		b.WriteString(Name(s.Key))
	}
	return b.String()
}

// Name returns a key in the form that Path uses: on one line, with escapes for the
// characters that separate steps, and cut if it is very long.
func Name(key string) string {
	if strings.ContainsAny(key, `.[\`) {
		key = strings.NewReplacer(`.`, `\.`, `[`, `\[`, `\`, `\\`).Replace(key)
	}
	return OneLine(key)
}

// OneLine returns text with escapes for line breaks and other characters that can't be
// printed, cut if it is very long.
func OneLine(text string) string {
	const most = 200
	more := ""
	if len(text) > most {
		text, more = strings.ToValidUTF8(text[:most], ""), "..."
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		quoted := strconv.Quote(text)
		text = quoted[1 : len(quoted)-1]
	}
	return text + more
}

// Place returns where the key at path ends in the JSON object text, as "line:column". If
// the key is missing, it returns the place of the object that should have it.
func Place(text []byte, path string) string {
	place, longest := "1:1", -1
	found := errors.New("found")
	_ = Walk(text, func(w *Walker, _ json.Token) error {
		p := w.Path()
		rest, ok := strings.CutPrefix(path, p)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' || len(p) <= longest {
			return nil
		}
		place, longest = w.KeyAt(), len(p)
		if rest == "" {
			return found
		}
		return nil
	})
	return place
}
