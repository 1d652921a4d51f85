package check

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"dsql-load-test/internal/strictjson"
)

// walk visits every value of a record in the order of the results file. A value is
// visited before the values in it; these are left out if visit returns false.
type walk struct {
	steps []strictjson.Step // the path of the visited value
	visit func(v reflect.Value) bool
}

func (w *walk) value(v reflect.Value) {
	if !w.visit(v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.value(v.Elem())
		}
	case reflect.Struct:
		w.fields(v)
	case reflect.Slice:
		for i := range v.Len() {
			w.in(strictjson.Step{Index: i}, v.Index(i))
		}
	case reflect.Map:
		counts, _ := v.Interface().(map[string]int64) // the others hold texts
		for _, key := range slices.Sorted(maps.Keys(counts)) {
			w.in(strictjson.Step{Key: key, Index: -1}, reflect.ValueOf(counts[key]))
		}
	}
}

// fields visits the fields of a struct that are in its JSON.
func (w *walk) fields(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Type().Field(i); {
		case f.Anonymous:
			w.fields(v.Field(i))
		case f.IsExported() && jsonKey(f) != "-":
			w.in(strictjson.Step{Key: jsonKey(f), Index: -1}, v.Field(i))
		}
	}
}

func (w *walk) in(step strictjson.Step, v reflect.Value) {
	w.steps = append(w.steps, step)
	w.value(v)
	w.steps = w.steps[:len(w.steps)-1]
}

// jsonKey returns the JSON key of a field.
func jsonKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// fieldNamed returns the field of a struct type that has a JSON key.
func fieldNamed(t reflect.Type, key string) (f reflect.StructField, ok bool) {
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous && jsonKey(f) == key {
			return f, true
		}
	}
	return f, false
}
