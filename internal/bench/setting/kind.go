package setting

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/secret"
)

// Kind says which values of a setting are allowed. Its zero value allows all.
type Kind struct {
	Words    []string // the allowed texts; nil: no such list
	Min, Max float64  // range of a number, both included; a duration in nanoseconds
	Above    bool     // Min itself isn't allowed
	Bounded  bool     // Min and Max apply
	Auto     bool     // bench.AutoSlow is allowed too: the text "auto"
	Pattern  string   // regular expression for a text; empty: any text

	allowed string                                            // the allowed values for a message; empty: see Allowed
	check   func(c *bench.Config, value any) (allowed string) // replaces the checks above; returns "" for a good value
}

func oneOf[T ~string](words ...T) Kind { return Kind{Words: bench.Texts(words)} }

func whole(low, high float64) Kind { return Kind{Min: low, Max: high, Bounded: true} }

func duration(low, high time.Duration) Kind { return whole(float64(low), float64(high)) }

func matching(pattern string) Kind { return Kind{Pattern: pattern} }

// webAddress allows a URL or an empty text.
func webAddress() Kind {
	return Kind{check: func(_ *bench.Config, value any) string {
		if text := value.(string); text == "" || secret.Web(text) == nil {
			return ""
		}
		return "a URL that begins with http:// or https://, its user and password percent-encoded"
	}}
}

// as returns k with another text for the allowed values.
func (k Kind) as(allowed string) Kind {
	k.allowed = allowed
	return k
}

// fault returns the allowed values if value isn't one of them, else "".
func (k Kind) fault(c *bench.Config, value any) string {
	if k.check != nil {
		return k.check(c, value)
	}
	v, ok := reflect.ValueOf(value), true
	switch {
	case k.Words != nil:
		ok = slices.Contains(k.Words, v.String())
	case k.Pattern != "":
		ok = regexp.MustCompile(k.Pattern).MatchString(v.String())
	case k.Auto && value == any(bench.AutoSlow):
	case k.Bounded:
		n := number(v)
		ok = n >= k.Min && n <= k.Max && (!k.Above || n > k.Min) // false for NaN
	}
	if ok {
		return ""
	}
	return k.describe()
}

// describe returns the allowed values for a message.
func (k Kind) describe() string {
	switch {
	case k.allowed != "":
		return k.allowed
	case k.Words != nil:
		return "one of " + strings.Join(k.Words, ", ")
	case k.Bounded:
		return fmt.Sprintf("%.0f to %.0f", k.Min, k.Max)
	}
	return ""
}

func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanFloat():
		return v.Float()
	}
	return math.NaN()
}

// plain returns the value that a pointer of a row points to; text types become string.
func plain(pointer any) any {
	v := reflect.ValueOf(pointer).Elem()
	if v.Kind() == reflect.String {
		return v.String()
	}
	return v.Interface()
}

// assign copies the value of one pointer to another pointer of the same type.
func assign(to, from any) { reflect.ValueOf(to).Elem().Set(reflect.ValueOf(from).Elem()) }
