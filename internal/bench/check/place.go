package check

import (
	"math"
	"reflect"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
)

// NotFinite returns the places of r's figures that are infinite or not a number, such
// as "scenario_1.lambda_duration_ms.avg", in the order of the file. JSON can't express
// them: the results file has null there.
func NotFinite(r *bench.Record) (places []string) {
	w := walk{}
	w.visit = func(v reflect.Value) bool {
		if notFinite(v) {
			places = append(places, strictjson.Path(w.steps))
		}
		return true
	}
	w.value(reflect.ValueOf(r).Elem())
	return places
}

// ReplaceNotFinite sets those figures to standIn, and to nil if they may be absent. It
// returns how many were set to standIn.
func ReplaceNotFinite(r *bench.Record, standIn float64) (n int) {
	w := walk{}
	w.visit = func(v reflect.Value) bool {
		switch {
		case v.Kind() == reflect.Pointer && !v.IsNil() && notFinite(v.Elem()):
			v.SetZero()
			return false
		case notFinite(v) && v.CanSet():
			v.SetFloat(standIn)
			n++
		}
		return true
	}
	w.value(reflect.ValueOf(r).Elem())
	return n
}

func notFinite(v reflect.Value) bool {
	return v.Kind() == reflect.Float64 && (math.IsInf(v.Float(), 0) || math.IsNaN(v.Float()))
}

// TypeAt returns the type of a record's value at a path; nil if a record has no such path.
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
			f, ok := fieldNamed(t, s.Key)
			if !ok {
				return nil
			}
			t = f.Type
		default:
			return nil
		}
	}
	return t
}

// Types caches the results of TypeAt, which is slow. All entries of a list share one result,
// because they have the same types.
type Types struct {
	known map[string]reflect.Type
	path  []byte
}

// At returns TypeAt(steps).
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

// Unset sets the figure at a path to NaN, which stands for a figure that is null in the file.
// It changes only plain numbers. Figures that may be absent are pointers and are nil already.
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
			f, ok := fieldNamed(v.Type(), s.Key)
			if !ok {
				return
			}
			v = v.FieldByIndex(f.Index)
		default:
			return
		}
	}
	if v.Kind() == reflect.Float64 {
		v.SetFloat(math.NaN())
	}
}
