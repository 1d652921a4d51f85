package check

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
)

// NotFinite are the places of r's figures that are infinite or not a number, such
// as "scenario_1.lambda_duration_ms.avg", in the file's order. JSON has no way to
// write them: the results file has null there.
func NotFinite(r *bench.Record) (places []string) {
	w := figureWalk{}
	w.found = func(reflect.Value) { places = append(places, strictjson.Path(w.steps)) }
	w.value(reflect.ValueOf(r).Elem())
	return places
}

// ReplaceNotFinite sets those figures to standIn, and to nil if they may be absent. It
// returns how many were set to standIn.
func ReplaceNotFinite(r *bench.Record, standIn float64) (n int) {
	w := figureWalk{found: func(v reflect.Value) {
		if v.Kind() == reflect.Pointer {
			v.SetZero()
			return
		}
		v.SetFloat(standIn)
		n++
	}}
	w.value(reflect.ValueOf(r).Elem())
	return n
}

// figureWalk looks for figures that are not finite.
type figureWalk struct {
	steps []strictjson.Step
	found func(reflect.Value) // a float64, or a pointer to one
}

func (w *figureWalk) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Float64:
		if notFinite(v) {
			w.found(v)
		}
	case reflect.Pointer:
		switch e := v.Elem(); {
		case v.IsNil():
		case e.Kind() == reflect.Float64 && notFinite(e):
			w.found(v)
		default:
			w.value(e)
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.in(strictjson.Step{Index: i}, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Type().Field(i); {
			case f.Anonymous:
				w.value(v.Field(i))
			case f.IsExported() && jsonKey(f) != "-":
				w.in(strictjson.Step{Key: jsonKey(f), Index: -1}, v.Field(i))
			}
		}
	}
}

func (w *figureWalk) in(step strictjson.Step, v reflect.Value) {
	w.steps = append(w.steps, step)
	w.value(v)
	w.steps = w.steps[:len(w.steps)-1]
}

func notFinite(v reflect.Value) bool { return math.IsInf(v.Float(), 0) || math.IsNaN(v.Float()) }

// jsonKey is a field's key in JSON.
func jsonKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// TypeAt is the type that a record has at a path; nil when it has none there.
func TypeAt(steps []strictjson.Step) reflect.Type {
	t := reflect.TypeFor[bench.Record]()
	for _, s := range steps {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t.Kind() == reflect.Slice && s.Index >= 0, t.Kind() == reflect.Map && s.Index < 0:
			t = t.Elem()
		case t.Kind() == reflect.Struct && s.Index < 0:
			fields := reflect.VisibleFields(t)
			i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return !f.Anonymous && jsonKey(f) == s.Key })
			if i < 0 {
				return nil
			}
			t = fields[i].Type
		default:
			return nil
		}
	}
	return t
}

// Types remembers what TypeAt says, which takes its time: a list has the same types
// in each of its entries.
type Types struct {
	known map[string]reflect.Type
	path  []byte
}

// At is TypeAt.
func (t *Types) At(steps []strictjson.Step) reflect.Type {
	t.path = t.path[:0]
	for _, s := range steps {
		t.path = append(append(t.path, s.Key...), 0)
		if s.Index >= 0 {
			t.path = append(t.path, 1)
		}
	}
	found, ok := t.known[string(t.path)]
	if !ok {
		found = TypeAt(steps)
		if t.known == nil {
			t.known = map[string]reflect.Type{}
		}
		t.known[string(t.path)] = found
	}
	return found
}

// Unset makes the figure at a path not a number, which stands for one that a file
// says doesn't exist. Only a plain number is changed: what may be absent is a
// pointer, and nil.
func Unset(r *bench.Record, steps []strictjson.Step) {
	v := reflect.ValueOf(r).Elem()
	for _, s := range steps {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		switch {
		case v.Kind() == reflect.Slice && s.Index >= 0 && s.Index < v.Len():
			v = v.Index(s.Index)
		case v.Kind() == reflect.Struct && s.Index < 0:
			fields := reflect.VisibleFields(v.Type())
			i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return !f.Anonymous && jsonKey(f) == s.Key })
			if i < 0 {
				return
			}
			v = v.FieldByIndex(fields[i].Index)
		default:
			return
		}
	}
	if v.Kind() == reflect.Float64 {
		v.SetFloat(math.NaN())
	}
}
