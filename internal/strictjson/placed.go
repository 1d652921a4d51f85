package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"time"
)

// Placed puts line and column before the message of an error that decoding text
// as JSON gave.
func Placed(text []byte, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	switch {
	case errors.As(err, &syntax):
		// A Decoder's Token places an error too early; Unmarshal's check doesn't.
		_ = errors.As(json.Unmarshal(text, new(json.RawMessage)), &syntax)
		return fmt.Errorf("%s: not JSON: %w", lineColumn(text, syntax.Offset), err)
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s: %s", lineColumn(text, wrongType.Offset), Explained(wrongType, false))
	case errors.As(err, &wrongTime):
		at := bytes.Index(text, []byte(`"`+wrongTime.Value+`"`))
		return fmt.Errorf("%s: %q isn't a time such as 2026-11-23T20:00:00Z", lineColumn(text, int64(at)+1), wrongTime.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: not JSON: the text ends too early", lineColumn(text, int64(len(text))))
	}
	return fmt.Errorf("1:1: %w", err)
}

// Explained says in JSON's words, not in Go's, which type was met and which was
// meant. inList: it is an entry of the key's list that is wrong.
func Explained(e *json.UnmarshalTypeError, inList bool) string {
	is := map[string]string{"string": "a string", "bool": "true or false", "array": "a list", "object": "an object", "number": "a number"}[e.Value]
	number, ok := strings.CutPrefix(e.Value, "number ")
	if ok {
		is = "the number " + short(number)
	}
	if inList {
		return fmt.Sprintf("%s has %s in its list, must be %s", e.Field, is, wanted(reflect.SliceOf(e.Type)))
	}
	return fmt.Sprintf("%s is %s, must be %s%s", e.Field, is, wanted(e.Type), notTaken(number, e.Type))
}

// notTaken says why a number that is whole isn't taken for one; empty where that
// is plain.
func notTaken(number string, t reflect.Type) string {
	switch {
	case number == "" || wanted(t) != "a whole number" || strings.Contains(number, "."):
		return ""
	case strings.ContainsAny(number, "eE"):
		return " without an exponent"
	case t.Kind() == reflect.Uint64:
		return fmt.Sprintf(" of 0 to %d", uint64(math.MaxUint64))
	}
	return fmt.Sprintf(" within %d to %d", math.MinInt64, math.MaxInt64)
}

// wanted is a type as JSON's reader knows it.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		one := strings.TrimPrefix(strings.TrimPrefix(wanted(t.Elem()), "an "), "a ")
		return "a list of " + one + "s"
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a whole number"
}

// lineColumn is the 1-based place of the byte before offset, as "line:column".
func lineColumn(text []byte, offset int64) string {
	before := text[:max(0, min(offset-1, int64(len(text))))]
	line := bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("%d:%d", line+1, column+1)
}
