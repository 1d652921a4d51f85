package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// checkUTF8 returns an error with the place of the first byte that isn't UTF-8. It refuses
// a byte order mark too.
func checkUTF8(text []byte) error {
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

// lineCounter turns offsets into lines and columns. It counts the line breaks of each
// stretch of the text once, as long as the offsets ascend.
type lineCounter struct {
	text      []byte
	counted   int // bytes whose line breaks are counted
	line      int // line breaks among these bytes
	lineStart int // offset of the line that counted is in
}

// lineColumn returns the place of the byte before offset, "line:column", both from 1.
func lineColumn(text []byte, offset int64) string {
	c := lineCounter{text: text}
	return c.at(offset)
}

// at is lineColumn for the text of the counter.
func (c *lineCounter) at(offset int64) string {
	upTo := int(max(0, min(offset-1, int64(len(c.text)))))
	if upTo < c.counted {
		return lineColumn(c.text, offset)
	}
	part := c.text[c.counted:upTo]
	if last := bytes.LastIndexByte(part, '\n'); last >= 0 {
		c.line += bytes.Count(part, []byte("\n"))
		c.lineStart = c.counted + last + 1
	}
	c.counted = upTo
	return fmt.Sprintf("%d:%d", c.line+1, upTo-c.lineStart+1)
}
