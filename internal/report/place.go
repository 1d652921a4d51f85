package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/strictjson"
)

// times returns an error for the first value that should be a time and isn't one. The
// error of encoding/json has neither the key nor the place.
func (f *file) times() error {
	var types check.Types
	err := strictjson.Walk(f.text, func(w *strictjson.Walker, token json.Token) error {
		if !namesTime(w.Steps()) {
			return nil
		}
		switch known := types.At(w.Steps()); {
		case known == reflect.TypeFor[*time.Time]() && token == nil:
			return nil
		case known != reflect.TypeFor[time.Time]() && known != reflect.TypeFor[*time.Time]():
			return nil
		}
		text, isText := token.(string)
		if isText && new(time.Time).UnmarshalText([]byte(text)) == nil {
			return nil
		}
		is := ""
		if isText {
			is = fmt.Sprintf("is %.60q, ", text)
		}
		return fmt.Errorf("%s: %s %smust be a time such as \"2026-11-23T20:00:00Z\"", w.KeyAt(), w.Path(), is)
	})
	if err != nil {
		return fmt.Errorf("%s:%w", f.path, err)
	}
	return nil
}

// namesTime reports whether the value of a key can be a time. It is quicker than looking
// up the type of each value.
func namesTime(steps []strictjson.Step) bool {
	key := steps[len(steps)-1].Key
	return strings.HasSuffix(key, "_at") || key == "at" || key == "from" || key == "to"
}

// present reads a file of this version. A figure that is null was not finite when it was
// written. It becomes NaN, so that no report takes it for 0.
func (f *file) present() (*bench.Record, error) {
	r, err := f.ours()
	if err != nil {
		return nil, err
	}
	var types check.Types
	_ = strictjson.Walk(f.text, func(w *strictjson.Walker, token json.Token) error {
		if token == nil && types.At(w.Steps()) == reflect.TypeFor[float64]() {
			check.Unset(r, w.Steps())
		}
		return nil
	})
	check.NoteNotFinite(r)
	return r, nil
}
