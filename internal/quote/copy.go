package quote

import (
	"reflect"
	"slices"
	"strings"

	"dsql-load-test/internal/secret"
)

// Copy returns a deep copy of v with Line applied to each text, keys of maps included.
// Unexported fields stay as they are.
func Copy[T any](v T) T { return copyOf(v, Line) }

// Hidden is Copy with only the passwords masked, for formats that keep texts as they are.
func Hidden[T any](v T) T { return copyOf(v, secret.Hide) }

func copyOf[T any](v T, text cleaner) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(reflect.ValueOf(&v).Elem())
	text.clean(out)
	return out.Interface().(T)
}

// cleaner returns the text that replaces a text.
type cleaner func(string) string

// clean replaces all texts that v holds or points to. v must be settable.
func (c cleaner) clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(c(v.String()))
	case reflect.Pointer:
		v.Set(c.cleaned(v.Elem()).Addr())
	case reflect.Interface:
		v.Set(c.cleaned(v.Elem()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.clean(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v)) // a copy
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			c.clean(v.Index(i))
		}
	case reflect.Map:
		c.cleanMap(v)
	}
}

// cleaned returns a clean and addressable copy of v.
func (c cleaner) cleaned(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	c.clean(out)
	return out
}

// cleanMap keeps all entries: if two keys become equal, the second gets a prime.
func (c cleaner) cleanMap(v reflect.Value) {
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	keys := v.MapKeys()
	if v.Type().Key().Kind() == reflect.String {
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	}
	for _, key := range keys {
		as := c.cleaned(key)
		for as.Kind() == reflect.String && out.MapIndex(as).IsValid() {
			as.SetString(as.String() + "'")
		}
		out.SetMapIndex(as, c.cleaned(v.MapIndex(key)))
	}
	v.Set(out)
}
