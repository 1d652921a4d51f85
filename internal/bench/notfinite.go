package bench

import (
	"fmt"
	"slices"
	"strings"
)

// NotFiniteCode is the code of the reason of a record that has such figures.
const NotFiniteCode = "not_finite"

// namedPlaces is how many places a sentence names.
const namedPlaces = 10

// NoteNotFinite says in the record's warnings and in its verdict which of its
// figures are not finite. Once said, it isn't said again, also not by a record that
// was read.
func (r *Record) NoteNotFinite() {
	places := r.NotFinite()
	if _, said := r.SaidNotFinite(); said || len(places) == 0 {
		return
	}
	text := NotFiniteText(places)
	r.Run.Warnings = append(slices.Clip(r.Run.Warnings), text)
	if v := r.Verdict; v != nil {
		reasons := slices.DeleteFunc(slices.Clone(v.Reasons), func(r Reason) bool { return r.Code == NotFiniteCode })
		r.Verdict = &Verdict{Word: v.Word, Reasons: reasons}
		r.Verdict.AddSuspect(Reason{Severity: Suspect, Code: NotFiniteCode, Text: text})
	}
}

// SaidNotFinite is the reason that NoteNotFinite gave.
func (r *Record) SaidNotFinite() (said Reason, ok bool) {
	if r.Verdict == nil {
		return said, false
	}
	i := slices.IndexFunc(r.Verdict.Reasons, func(reason Reason) bool {
		return reason.Code == NotFiniteCode && slices.Contains(r.Run.Warnings, reason.Text)
	})
	if i < 0 {
		return said, false
	}
	return r.Verdict.Reasons[i], true
}

// NotFiniteText is the sentence that names the places of figures that are not finite.
func NotFiniteText(places []string) string {
	named, more := places, ""
	if len(places) > namedPlaces {
		named, more = places[:namedPlaces], fmt.Sprintf(" and %d more", len(places)-namedPlaces)
	}
	return fmt.Sprintf("infinite or not a number, and left out: %s%s", strings.Join(named, ", "), more)
}

// AddSuspect adds a SUSPECT reason, after the INVALID ones.
func (v *Verdict) AddSuspect(reason Reason) {
	if v.Word == Valid {
		v.Word = Suspect
	}
	i := 0
	for i < len(v.Reasons) && v.Reasons[i].Severity == Invalid {
		i++
	}
	v.Reasons = slices.Insert(v.Reasons, i, reason)
}
