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

// Placed puts line and column before the message of an error that encoding/json returned
// for text.
func Placed(text []byte, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	switch {
	case errors.As(err, &syntax):
		// The offset of a Decoder's Token error is too small; that of Unmarshal is right.
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

// Explained returns a message with the type of the value and the type that the key needs,
// in the words of JSON instead of Go. inList: the wrong value is an entry of the key's
// list.
func Explained(e *json.UnmarshalTypeError, inList bool) string {
	is := map[string]string{"string": "a string", "bool": "true or false", "array": "a list", "object": "an object", "number": "a number"}[e.Value]
	number, ok := strings.CutPrefix(e.Value, "number ")
	if ok {
		is = "the number " + short(number)
	}
	if inList {
		return fmt.Sprintf("%s has %s in its list, must be %s", e.Field, is, wanted(reflect.SliceOf(e.Type)))
	}
	return fmt.Sprintf("%s is %s, must be %s%s", e.Field, is, wanted(e.Type), numberHint(number, e.Type))
}

// numberHint says why a number isn't accepted as a whole number; "" if the reason is
// plain.
func numberHint(number string, t reflect.Type) string {
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

// wanted returns the name of a Go type in the words of JSON.
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

// short returns the text of a number, cut if it is long.
func short(number string) string {
	const most = 40
	if len(number) <= most {
		return number
	}
	return number[:most] + "..."
}
