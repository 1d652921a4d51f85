package strictjson

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// exactInteger is where a float64 begins to leave integers out.
const exactInteger = 1 << 53

// WholeNumbers is a JSON text in which numbers such as 1.0 are written 1: JSON knows
// no integers of their own (RFC 8259, section 6), and Go takes the former for none.
// Spaces make up for what is cut, so that all else stays in its place. The text itself
// stays as it is; it needn't be valid.
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

// afterString is where the string that begins at text[i] has ended.
func afterString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// wholeNumber is a number that is whole without fraction and exponent; ok is false
// where it has none, isn't whole, or would grow.
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
