package compare

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// ErrInvalid is the error, by errors.Is, if runs are refused because their verdict is
// INVALID.
var ErrInvalid = errors.New("a run is INVALID")

// refusal refuses one INVALID run.
type refusal struct{ error }

func (refusal) Is(target error) bool { return target == ErrInvalid }

// check refuses all INVALID runs at once.
func check(sides []Side, force bool) error {
	if force {
		return nil
	}
	var faults []error
	for _, s := range sides {
		for i, r := range s.Records {
			if r.Verdict != nil && r.Verdict.Word == bench.Invalid {
				faults = append(faults, refusal{fmt.Errorf("%s: the run is INVALID%s", s.Files[i], invalidReasons(r.Verdict))})
			}
		}
	}
	return errors.Join(faults...)
}

// invalidReasons returns the reasons why a run is INVALID, as the end of a sentence.
func invalidReasons(v *bench.Verdict) string {
	var texts []string
	for _, r := range v.Reasons {
		if r.Severity == bench.Invalid {
			texts = append(texts, r.Text)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return ": " + strings.Join(texts, "; ")
}

// warnings returns what the reader must know before looking at the figures.
func warnings(a, b Side) []string {
	all := append(sideWarnings(a), sideWarnings(b)...)
	for i, r := range a.Records {
		for j, o := range b.Records {
			if r.Run.ID != "" && r.Run.ID == o.Run.ID {
				all = append(all, fmt.Sprintf("%s and %s are the same run", a.Files[i], b.Files[j]))
			}
		}
	}
	all = append(all, oneSided(a, b)...)
	for _, scenario := range bench.Scenarios() {
		if in, of := ran(a, scenario), ran(b, scenario); in > 0 && of > 0 && (in < len(a.Records) || of < len(b.Records)) {
			all = append(all, fmt.Sprintf("scenario %s is not in every run", scenario))
		}
	}
	return all
}

// oneSided returns a sentence for each scenario that only one side has.
func oneSided(a, b Side) (all []string) {
	for _, scenario := range bench.Scenarios() {
		switch in, of := ran(a, scenario), ran(b, scenario); {
		case in == 0 && of > 0:
			all = append(all, fmt.Sprintf("scenario %s is only in %s", scenario, b.Name))
		case of == 0 && in > 0:
			all = append(all, fmt.Sprintf("scenario %s is only in %s", scenario, a.Name))
		}
	}
	return all
}

// sideWarnings returns a line for each reason why runs aren't VALID or complete.
func sideWarnings(s Side) []string {
	runs, first := map[string]int{}, map[string]string{} // the text of the first run that has it
	for _, r := range s.Records {
		for code, text := range runWarnings(r) {
			runs[code]++
			first[code] = cmp.Or(first[code], text)
		}
	}
	all := []string{}
	for _, code := range slices.Sorted(maps.Keys(runs)) {
		which := ""
		if len(s.Records) > 1 {
			which = fmt.Sprintf(" (%d of %d runs)", runs[code], len(s.Records))
		}
		all = append(all, fmt.Sprintf("%s%s: %s", s.Name, which, first[code]))
	}
	return all
}

// runWarnings returns the warnings about one run, by their code.
func runWarnings(r *bench.Record) map[string]string {
	all := map[string]string{}
	if s := r.Run.Status; s == bench.Interrupted || s == bench.Running || s == bench.Killed {
		all["status "+string(s)] = "the run is " + string(s)
	}
	if r.Verdict == nil || r.Verdict.Word == bench.Valid {
		return all
	}
	for _, reason := range r.Verdict.Reasons {
		if reason.Severity != bench.Note {
			code := string(reason.Severity) + " " + reason.Code + " " + string(reason.Scenario)
			all[code] = fmt.Sprintf("%s, %s", reason.Severity, name(reason.Scenario, reason.Text))
		}
	}
	return all
}

// ran counts the runs of a side that have a scenario.
func ran(s Side, scenario bench.Scenario) (n int) {
	for _, r := range s.Records {
		if summaryOf(r, scenario) != nil {
			n++
		}
	}
	return n
}
