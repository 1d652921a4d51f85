package quote

import (
	"reflect"
	"slices"
	"strings"
)

// Copy is a deep copy of v with Line of each text in it, keys of maps included.
// What isn't exported is taken as it is.
func Copy[T any](v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(reflect.ValueOf(&v).Elem())
	clean(out)
	return out.Interface().(T)
}

// clean replaces what v, which can be set, holds or points to.
func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(Line(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(cleaned(v.Elem()).Addr())
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(cleaned(v.Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				clean(v.Field(i))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			cleanSlice(v)
		}
	case reflect.Array:
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.Map:
		if !v.IsNil() {
			cleanMap(v)
		}
	}
}

// cleaned is a clean copy that can be addressed.
func cleaned(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	clean(out)
	return out
}

func cleanSlice(v reflect.Value) {
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(out, v)
	for i := range out.Len() {
		clean(out.Index(i))
	}
	v.Set(out)
}

// cleanMap keeps all entries: of two keys that look alike, one gets a prime.
func cleanMap(v reflect.Value) {
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	keys := v.MapKeys()
	if v.Type().Key().Kind() == reflect.String {
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	}
	for _, key := range keys {
		as := cleaned(key)
		for as.Kind() == reflect.String && out.MapIndex(as).IsValid() {
			as.SetString(as.String() + "'")
		}
		out.SetMapIndex(as, cleaned(v.MapIndex(key)))
	}
	v.Set(out)
}
