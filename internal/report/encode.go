package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/quote"
)

// encode is the record's JSON, without passwords that an error's text has. encoding/json refuses what is not finite, so that it
// is given a copy with a stand-in there, which is then replaced by null.
func encode(r *bench.Record) ([]byte, error) {
	r = quote.Hidden(r)
	if len(check.NotFinite(r)) == 0 {
		return json.MarshalIndent(r, "", "  ")
	}
	noted := *r
	check.NoteNotFinite(&noted)
	for try := range 100 {
		c := copying{standIn: -1.2345678901234567e+300 * float64(try+1)}
		text, err := json.MarshalIndent(c.of(reflect.ValueOf(noted)).Interface(), "", "  ")
		if err != nil {
			return nil, err
		}
		written := []byte(strconv.FormatFloat(c.standIn, 'e', -1, 64))
		if bytes.Count(text, written) == c.replaced { // no text has the same digits
			return bytes.ReplaceAll(text, written, []byte("null")), nil
		}
	}
	return nil, errors.New("no stand-in for figures that are not finite is left")
}

// copying copies values as deep as there are figures in them. One that is not
// finite becomes nil in a pointer, and the stand-in elsewhere.
type copying struct {
	standIn  float64
	replaced int
}

func (c *copying) of(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Float64:
		if unfit(v) {
			c.replaced++
			out.SetFloat(c.standIn)
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case v.Elem().Kind() == reflect.Float64 && unfit(v.Elem()):
			out.SetZero()
		default:
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(c.of(v.Elem()))
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(c.of(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if out.Field(i).CanSet() { // not within a time
				out.Field(i).Set(c.of(v.Field(i)))
			}
		}
	}
	return out
}

func unfit(v reflect.Value) bool { return math.IsInf(v.Float(), 0) || math.IsNaN(v.Float()) }
