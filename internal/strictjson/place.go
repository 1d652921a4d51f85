package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step is one step of a path: a key of an object, or an entry of a list.
type Step struct {
	Key   string
	Index int // of a list's entry, from 0; -1 of a key
}

// Path writes steps as "scenario_1.timeline[3].rows".
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

// Name is a key as a path has it, on one line: what would look like a step is
// escaped, and a very long one cut.
func Name(key string) string {
	if strings.ContainsAny(key, `.[\`) {
		key = strings.NewReplacer(`.`, `\.`, `[`, `\[`, `\`, `\\`).Replace(key)
	}
	return OneLine(key)
}

// OneLine is text without line ends and other characters that can't be printed, cut
// when it is very long.
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

// Place is where the key at path is in the JSON object text, as "line:column";
// of one that isn't there, where the object is that should hold it.
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

// isUTF8 reports where text isn't plain UTF-8.
func isUTF8(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return errors.New("1:1: not JSON: begins with a byte order mark, must be UTF-8 without one")
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return errors.New("1:1: not JSON: is UTF-16, must be UTF-8")
	case utf8.Valid(text):
		return nil
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n <= 1 {
			return fmt.Errorf("%s: not JSON: the byte %#02x is not UTF-8", lineColumn(text, int64(at)+1), text[at])
		}
		at += n
	}
}

// placing tells lines and columns of offsets that ascend.
type placing struct {
	text                []byte
	counted, line, from int // bytes whose line ends are counted, and where the last line begins
}

// at is the place of the byte before offset, as lineColumn has it.
func (p *placing) at(offset int64) string {
	upTo := int(max(0, min(offset-1, int64(len(p.text)))))
	if upTo < p.counted {
		return lineColumn(p.text, offset)
	}
	part := p.text[p.counted:upTo]
	if last := bytes.LastIndexByte(part, '\n'); last >= 0 {
		p.line += bytes.Count(part, []byte("\n"))
		p.from = p.counted + last + 1
	}
	p.counted = upTo
	return fmt.Sprintf("%d:%d", p.line+1, upTo-p.from+1)
}

// short is a number's text, cut when it is long.
func short(number string) string {
	const most = 40
	if len(number) <= most {
		return number
	}
	return number[:most] + "..."
}
