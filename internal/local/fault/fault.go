// Package fault holds the faults that the local target injects on request: those of
// the database (conflict, slow, drop, refuse, stall) and those of the Lambda service
// (throttle, crash).
package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The names of the faults.
const (
	Conflict = "conflict" // 40001 at commit
	Slow     = "slow"     // a delay before the commit
	Drop     = "drop"     // the connection is cut before or after the commit
	Refuse   = "refuse"   // 53400 when connecting
	Stall    = "stall"    // no answer for some time after the commit
	Throttle = "throttle" // the Lambda service's
	Crash    = "crash"    // the Lambda service's

	DropBefore, DropAfter = "drop-before", "drop-after"
)

// Spec is a fault to inject.
type Spec struct {
	Name        string
	Probability float64 // of each commit of changes, or of each connection; over 0, at most 1
	Duration    time.Duration
}

// List is several faults with different names.
type List []Spec

// Parse reads a fault of the command line, such as "conflict=1%" or "slow=0.5%:250ms".
func Parse(text string) (Spec, error) {
	const form = "want NAME=PERCENT%%, NAME one of conflict, drop, refuse, throttle, crash, or slow or stall with a duration, as in slow=0.5%%:250ms"
	name, rest, found := strings.Cut(text, "=")
	timed := name == Slow || name == Stall
	if !found || !timed && !slices.Contains([]string{Conflict, Drop, Refuse, Throttle, Crash}, name) {
		return Spec{}, fmt.Errorf("fault %q: "+form, text)
	}
	share, duration, hasDuration := strings.Cut(rest, ":")
	number, isPercent := strings.CutSuffix(share, "%")
	p, err := strconv.ParseFloat(number, 64)
	if !isPercent || err != nil || !(p > 0 && p <= 100) {
		return Spec{}, fmt.Errorf("fault %q: probability %q: want a percentage over 0%% and up to 100%%, such as 0.5%%", text, share)
	}
	if hasDuration != timed {
		return Spec{}, fmt.Errorf("fault %q: %s", text, map[bool]string{
			true: "how long? add a duration, as in " + name + "=0.5%:250ms", false: name + " takes no duration",
		}[timed])
	}
	f := Spec{Name: name, Probability: p / 100}
	if timed {
		f.Duration, err = time.ParseDuration(duration)
		if err != nil || f.Duration <= 0 {
			return Spec{}, fmt.Errorf("fault %q: duration %q: want one over 0, such as 250ms or 2s", text, duration)
		}
	}
	return f, nil
}

// Check returns an error if a fault is malformed or is given twice.
func (all List) Check() error {
	seen := map[string]bool{}
	for _, f := range all {
		if seen[f.Name] {
			return fmt.Errorf("fault %s is given twice", f.Name)
		}
		seen[f.Name] = true
		if _, err := Parse(f.String()); err != nil {
			return err
		}
	}
	return nil
}

// String returns the text that Parse reads.
func (f Spec) String() string {
	text := f.Name + "=" + strconv.FormatFloat(f.Probability*100, 'g', -1, 64) + "%"
	if f.Duration > 0 {
		text += ":" + f.Duration.String()
	}
	return text
}
