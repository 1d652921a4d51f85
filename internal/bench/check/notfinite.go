package check

import (
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// NotFiniteCode is the code of the verdict's reason that figures are infinite or not a number.
const NotFiniteCode = "not_finite"

// namedPlaces is the largest number of places that a sentence names.
const namedPlaces = 10

// NoteNotFinite adds a warning and a reason of the verdict that name the figures that are
// infinite or not a number. It does nothing if the record has them already, also from a file.
func NoteNotFinite(r *bench.Record) {
	places := NotFinite(r)
	if _, said := SaidNotFinite(r); said || len(places) == 0 {
		return
	}
	text := NotFiniteText(places)
	r.Run.Warnings = append(slices.Clip(r.Run.Warnings), text)
	if v := r.Verdict; v != nil {
		reasons := slices.DeleteFunc(slices.Clone(v.Reasons), func(r bench.Reason) bool { return r.Code == NotFiniteCode })
		r.Verdict = &bench.Verdict{Word: v.Word, Reasons: reasons}
		r.Verdict.AddSuspect(bench.Reason{Severity: bench.Suspect, Code: NotFiniteCode, Text: text})
	}
}

// SaidNotFinite returns the reason that NoteNotFinite added; ok is false if it added none.
func SaidNotFinite(r *bench.Record) (said bench.Reason, ok bool) {
	if r.Verdict == nil {
		return said, false
	}
	i := slices.IndexFunc(r.Verdict.Reasons, func(reason bench.Reason) bool {
		return reason.Code == NotFiniteCode && slices.Contains(r.Run.Warnings, reason.Text)
	})
	if i < 0 {
		return said, false
	}
	return r.Verdict.Reasons[i], true
}

// NotFiniteText returns the sentence that names the places of these figures.
func NotFiniteText(places []string) string {
	named, more := places, ""
	if len(places) > namedPlaces {
		named, more = places[:namedPlaces], fmt.Sprintf(" and %d more", len(places)-namedPlaces)
	}
	return fmt.Sprintf("infinite or not a number, and left out: %s%s", strings.Join(named, ", "), more)
}
