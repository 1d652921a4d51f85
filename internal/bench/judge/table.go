package judge

import (
	"fmt"

	"dsql-load-test/internal/bench"
)

// table adds notes about later checks of the table that found less, and about cleanups.
func (j *judging) table() {
	if poorer := j.record.Poorer(); len(poorer) > 0 {
		l, more := poorer[0], ""
		switch others := len(poorer) - 1; {
		case others == 1:
			more = ", and 1 other,"
		case others > 1:
			more = fmt.Sprintf(", and %d others,", others)
		}
		j.add(true, bench.Note, "found_less", "the check of the table at %s%s found less than the check at %s, which counts: %s",
			l.Where(), more, j.record.Stands().Where(), l.Verification.Problem)
	}
	for _, c := range j.record.Cleanups {
		j.add(c.Emptied(), bench.Note, "cleaned_up", "%s", c.String())
	}
}
