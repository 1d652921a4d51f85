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

// Kind is what a value may be.
type Kind struct {
	Words    []string // all values; nil where there are others
	Min, Max float64  // of a number, both included; of a duration in nanoseconds
	Above    bool     // Min itself is too small
	Bounded  bool     // there are Min and Max
	Pattern  string   // of a text; empty is any text

	allowed string                                            // for a message; empty: made of the rest
	check   func(c *bench.Config, value any) (allowed string) // returns "" for a good value
}

func oneOf[T ~string](words ...T) Kind {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return Kind{Words: texts}
}

func whole(low, high float64) Kind { return Kind{Min: low, Max: high, Bounded: true} }

func duration(low, high time.Duration) Kind { return whole(float64(low), float64(high)) }

func matching(pattern string) Kind { return Kind{Pattern: pattern} }

// webAddress is a URL, or nothing.
func webAddress() Kind {
	return Kind{check: func(_ *bench.Config, value any) string {
		if text := value.(string); text == "" || secret.Web(text) == nil {
			return ""
		}
		return "a URL that begins with http:// or https://, its user and password percent-encoded"
	}}
}

// as returns k with another text for messages.
func (k Kind) as(allowed string) Kind {
	k.allowed = allowed
	return k
}

// fault returns the allowed values if value is none of them, else "".
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
	case k.Bounded:
		n := number(v)
		ok = n >= k.Min && n <= k.Max && (!k.Above || n > k.Min) // false for NaN
	}
	if ok {
		return ""
	}
	return k.Allowed()
}

// Allowed says for a message and for the manual which values are good.
func (k Kind) Allowed() string {
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

// plain returns the value behind a row's pointer, a text as a string.
func plain(pointer any) any {
	v := reflect.ValueOf(pointer).Elem()
	if v.Kind() == reflect.String {
		return v.String()
	}
	return v.Interface()
}

// assign copies the value behind one pointer to another of the same type.
func assign(to, from any) { reflect.ValueOf(to).Elem().Set(reflect.ValueOf(from).Elem()) }
