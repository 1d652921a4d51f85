package bench

import (
	"fmt"
	"time"
)

// table tells of what was done to the table after the look that stands.
func (j *judging) table() {
	if poorer := j.record.Poorer(); len(poorer) > 0 {
		l, more := poorer[0], ""
		switch others := len(poorer) - 1; {
		case others == 1:
			more = ", and 1 other,"
		case others > 1:
			more = fmt.Sprintf(", and %d others,", others)
		}
		j.add(true, Note, "found_less", "the look at the table of %s%s found less than the one of %s, which stands: %s",
			l.Where(), more, j.record.Stands().Where(), l.Verification.Problem)
	}
	for _, c := range j.record.Cleanups {
		j.add(c.Emptied(), Note, "cleaned_up", "%s", c.String())
	}
}

// Where is when a look was, and from which machine.
func (l *Look) Where() string { return timeFrom(l.At, l.Host) }

// String is what a cleanup did.
func (c Cleanup) String() string {
	text := fmt.Sprintf("driver cleanup at %s removed %d of %d planned rows", timeFrom(c.At, c.Host), c.Removed, c.Planned)
	if c.WarmUpRemoved > 0 {
		text += fmt.Sprintf(", and %d of the warm-up", c.WarmUpRemoved)
	}
	switch {
	case c.Unsure:
		text += "; it was broken off, and more may be gone: " + c.Problem
	case c.Problem != "":
		text += "; it was broken off: " + c.Problem
	}
	return text
}

func timeFrom(at time.Time, host string) string {
	when := at.UTC().Format("2006-01-02 15:04:05 UTC")
	if host == "" {
		return when
	}
	return when + " from " + host
}
