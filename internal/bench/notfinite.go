package bench

import (
	"fmt"
	"slices"
	"strings"
)

// notFinite is the code of the reason of a record that has such figures.
const notFinite = "not_finite"

// namedPlaces is how many places a sentence names.
const namedPlaces = 10

// NoteNotFinite says in the record's warnings and in its verdict which of its
// figures are not finite. Once said, it isn't said again, also not by a record that
// was read.
func (r *Record) NoteNotFinite() {
	places := r.NotFinite()
	if _, said := r.saidNotFinite(); said || len(places) == 0 {
		return
	}
	text := notFiniteText(places)
	r.Run.Warnings = append(slices.Clip(r.Run.Warnings), text)
	if v := r.Verdict; v != nil {
		reasons := slices.DeleteFunc(slices.Clone(v.Reasons), func(r Reason) bool { return r.Code == notFinite })
		r.Verdict = &Verdict{Word: v.Word, Reasons: reasons}
		r.Verdict.AddSuspect(Reason{Severity: Suspect, Code: notFinite, Text: text})
	}
}

// saidNotFinite is the reason that NoteNotFinite gave.
func (r *Record) saidNotFinite() (said Reason, ok bool) {
	if r.Verdict == nil {
		return said, false
	}
	i := slices.IndexFunc(r.Verdict.Reasons, func(reason Reason) bool {
		return reason.Code == notFinite && slices.Contains(r.Run.Warnings, reason.Text)
	})
	if i < 0 {
		return said, false
	}
	return r.Verdict.Reasons[i], true
}

func notFiniteText(places []string) string {
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

// figures judges whether all of them are numbers. A record that was read has lost
// some of those that aren't; its earlier verdict names them.
func (j *judging) figures() {
	if said, ok := j.record.saidNotFinite(); ok {
		j.add(true, Suspect, notFinite, "%s", said.Text)
		return
	}
	places := j.record.NotFinite()
	j.add(len(places) > 0, Suspect, notFinite, "%s", notFiniteText(places))
}
