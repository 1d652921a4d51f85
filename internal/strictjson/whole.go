package strictjson

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// exactInteger is the first number from which a float64 can't hold every integer.
const exactInteger = 1 << 53

// WholeNumbers returns a copy of a JSON text in which numbers such as 1.0 are written 1.
// JSON has no integer type (RFC 8259, section 6), but encoding/json refuses 1.0 for an int.
// Spaces replace the removed digits, so that all offsets stay the same. text isn't changed
// and needn't be valid.
func WholeNumbers(text []byte) []byte {
	out := text
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = afterString(text, i)
		case c == '-' || c >= '0' && c <= '9':
			end := i + len(text[i:]) - len(bytes.TrimLeft(text[i:], "+-.0123456789eE"))
			if whole, ok := wholeNumber(text[i:end]); ok {
				if &out[0] == &text[0] {
					out = bytes.Clone(text)
				}
				copy(out[i:end], append(whole, bytes.Repeat([]byte(" "), end-i-len(whole))...))
			}
			i = end
		default:
			i++
		}
	}
	return out
}

// afterString returns the offset after the string that begins at text[i].
func afterString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// wholeNumber returns a number without its fraction and exponent. ok is false if it has
// neither, isn't whole, or would get longer.
func wholeNumber(number []byte) (whole []byte, ok bool) {
	if !bytes.ContainsAny(number, ".eE") || !json.Valid(number) {
		return nil, false
	}
	v, err := strconv.ParseFloat(string(number), 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) >= exactInteger {
		return nil, false
	}
	whole = strconv.AppendInt(nil, int64(v), 10)
	return whole, len(whole) <= len(number)
}
