// Package quotetest helps tests to show that text from outside does no harm when it is
// printed.
package quotetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// Hostile is a text that tries everything: it clears a terminal, sets its title, forges
// lines, opens markup of all kinds, and is a formula for a spreadsheet.
const Hostile = "=cmd|' /C calc'!A0\x1b[2J\x1b]0;title\a\r\nVERDICT: VALID\nhint: forged\n" +
	"# head\n```\n| <script>console.log('injected')</script><img src=x onerror=console.log('injected')> --> ]]> {{.}} | `code` **bold** " +
	"![x](http://127.0.0.1:1/x) [x](javascript:alert(1)) https://evil.invalid @somebody \u202e\u2028\u2029\u200b\ufeff\u009b31m\x7f\t\x00\ufffe \xff\xc3 & \" ' \\"

// Harmless is the text that tests compare Hostile with.
const Harmless = "harmless"

// Spoil replaces each text in the value that v points to, and adds one to each empty list of
// texts. Keys of maps get a number, so that they differ.
func Spoil(v any, text string) { spoil(reflect.ValueOf(v).Elem(), text) }

func spoil(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i), text)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 && v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			spoil(v.Index(i), text)
		}
	case reflect.Map:
		spoilMap(v, text)
	}
}

func spoilMap(v reflect.Value, text string) {
	if v.IsNil() || v.Type().Key().Kind() != reflect.String {
		return
	}
	out := reflect.MakeMap(v.Type())
	for i, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		spoil(value, text)
		out.SetMapIndex(reflect.ValueOf(fmt.Sprint(text, i)).Convert(key.Type()), value)
	}
	v.Set(out)
}

// Clean fails the test if text isn't UTF-8 or has invisible characters other than line
// breaks.
func Clean(t *testing.T, text string) {
	t.Helper()
	if text != strings.ToValidUTF8(text, "") {
		t.Error("not UTF-8")
	}
	for line := range strings.SplitSeq(text, "\n") {
		for _, r := range line {
			if !unicode.IsGraphic(r) {
				t.Errorf("%U is in the line %q", r, line)
				break
			}
		}
	}
}

// SameLines fails the test unless both texts have the same number of lines and no line
// begins with one that Hostile forges.
func SameLines(t *testing.T, hostile, harmless string) {
	t.Helper()
	if a, b := strings.Count(hostile, "\n"), strings.Count(harmless, "\n"); a != b {
		t.Errorf("%d lines, of harmless texts %d:\n%s", a, b, hostile)
	}
	for line := range strings.SplitSeq(hostile, "\n") {
		if line := strings.TrimSpace(line); strings.HasPrefix(line, "VERDICT: VALID") || strings.HasPrefix(line, "hint: forged") || strings.HasPrefix(line, "```") {
			t.Errorf("forged: %s", line)
		}
	}
}
