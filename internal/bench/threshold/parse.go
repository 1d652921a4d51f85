package threshold

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/suggest"
)

// Error says where the text of a threshold is wrong.
type Error struct {
	Text    string
	Column  int // from 1
	Problem string
}

func (e *Error) Error() string {
	return fmt.Sprintf("threshold %q, column %d: %s", e.Text, e.Column, e.Problem)
}

// operators are tried in this order, so that <= isn't taken for <.
func operators() []string { return []string{"<=", ">=", "==", "!=", "<", ">"} }

// Parse parses a text of the form "[scenario.]figure operator value[unit]". If the text names
// no scenario, Scenario is empty and the threshold applies to each scenario that runs. An error
// is an *Error.
func Parse(text string) (bench.Threshold, error) {
	t := bench.Threshold{Text: text}
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return t, &Error{text, len(text) + 1, "no operator: " + strings.Join(operators(), ", ") + ", as in p99<50ms"}
	}
	f, err := parseFigure(&t, text[:at])
	if err != nil {
		return t, err
	}
	i := slices.IndexFunc(operators(), func(o string) bool { return strings.HasPrefix(text[at:], o) })
	if i < 0 {
		return t, &Error{text, at + 1, fmt.Sprintf("%q must be one of %s", text[at:at+1], strings.Join(operators(), ", "))}
	}
	t.Operator = operators()[i]
	return t, parseLimit(&t, f, at+len(t.Operator))
}

// parseFigure parses the part before the operator.
func parseFigure(t *bench.Threshold, part string) (*figure.Figure, error) {
	name := strings.TrimSpace(part)
	column := strings.Index(part, name) + 1
	if name == "" {
		return nil, &Error{t.Text, 1, "no figure before the operator, as p99 in p99<50ms"}
	}
	prefix, rest, dotted := strings.Cut(name, ".")
	s, known := scenarioNamed(prefix)
	if dotted && known {
		t.Scenario, name = s, strings.TrimSpace(rest)
		column += strings.LastIndex(part[column-1:], name)
	} else if dotted && prefix != "cloudwatch" && figure.Named(name) == nil && figure.Named(rest) != nil {
		return nil, &Error{t.Text, column, fmt.Sprintf("scenario %q must be individual (1) or batch (2)", prefix)}
	}
	f := figure.Named(name)
	switch {
	case f == nil:
		return nil, &Error{t.Text, column, fmt.Sprintf("unknown figure %q: %s", name, suggestion(name))}
	case f.OfRun && t.Scenario != "":
		return nil, &Error{t.Text, column, fmt.Sprintf("%s is a figure of the whole run: leave %s. out", name, prefix)}
	}
	t.Figure, t.Unit = f.Name, f.Unit
	return f, nil
}

// scenarioNamed returns a scenario by its number, its name or its key in config.json.
func scenarioNamed(name string) (bench.Scenario, bool) {
	for i, s := range bench.Scenarios() {
		if slices.Contains([]string{strconv.Itoa(i + 1), string(s), s.Key()}, name) {
			return s, true
		}
	}
	return "", false
}

// maxLimit is larger than any figure can be.
const maxLimit = 1e12

// parseLimit parses the part from byte n on: a number and a unit.
func parseLimit(t *bench.Threshold, f *figure.Figure, n int) error {
	part := strings.TrimLeft(t.Text[n:], " \t")
	start := len(t.Text) - len(part)
	part = strings.TrimRight(part, " \t")
	number := part[:numberLength(part)]
	value, err := strconv.ParseFloat(number, 64)
	problem := ""
	switch {
	case value > maxLimit: // also +Inf, for a number that is too large for a float64
		problem = number + " is above 1e12, the largest limit"
	case value < 0:
		problem = number + " is below 0, the smallest limit"
	case err != nil:
		problem = fmt.Sprintf("%q must be a number, with a unit if you like", part)
	case value == 0 && strings.ContainsAny(significand(number), "123456789"):
		problem = number + " is too small to be distinguished from 0"
	}
	if problem != "" {
		return &Error{t.Text, start + 1, problem + ": " + example(f)}
	}
	unit := strings.TrimLeft(part[len(number):], " \t")
	factor, known := unitFactors(f.Unit)[unit]
	if !known {
		return &Error{t.Text, start + len(part) - len(unit) + 1, fmt.Sprintf("%q isn't a unit of %s: %s", unit, f.Name, example(f))}
	}
	t.Limit = value * factor
	return nil
}

// numberLength returns the number of bytes at the start of text that are meant as a number,
// such as 50, 1.5, .5, 1e9 or 40_000.
func numberLength(text string) int {
	return len(regexp.MustCompile(`^[+-]*[0-9._]*([eE][+-]?[0-9_]*)?`).FindString(text))
}

// significand returns a number without its exponent.
func significand(number string) string {
	before, _, _ := strings.Cut(strings.ToLower(number), "e")
	return before
}

// unitFactors returns the units that a limit may have, with the factor that converts each to
// the figure's own unit. A limit without a unit is in the figure's own unit.
func unitFactors(own string) map[string]float64 {
	switch own {
	case "ms":
		return map[string]float64{"": 1, "us": 0.001, "µs": 0.001, "ms": 1, "s": 1000, "m": 60_000}
	case "s":
		return map[string]float64{"": 1, "us": 1e-6, "µs": 1e-6, "ms": 0.001, "s": 1, "m": 60, "h": 3600}
	case "rows/s":
		return map[string]float64{"": 1, "rows/s": 1, "/s": 1}
	case "USD":
		return map[string]float64{"": 1, "USD": 1, "$": 1}
	}
	return map[string]float64{"": 1, own: 1}
}

// example returns a limit of f as an example.
func example(f *figure.Figure) string {
	switch f.Unit {
	case "ms":
		return "50ms (also us, s, m)"
	case "s":
		return "60s (also ms, m, h)"
	}
	return strings.TrimSpace("5 " + f.Unit)
}

// suggestion returns the figures with names most like name, or the document that lists all.
func suggestion(name string) string {
	var all []string
	for _, f := range figure.All() {
		all = append(all, f.Name)
	}
	near := suggest.Closest(name, all)
	if len(near) == 0 {
		return "docs/thresholds.md lists all, such as throughput, p99, error_rate"
	}
	return "did you mean " + strings.Join(near, ", ") + "?"
}

// Validate returns the faults of the configuration's thresholds, joined, each a *bench.Fault.
func Validate(c *bench.Config) error {
	var faults []error
	fault := func(value, allowed string) {
		faults = append(faults, &bench.Fault{Key: "thresholds", Origin: c.Origin["thresholds"], Value: value, Allowed: allowed})
	}
	if n := len(c.Thresholds); n > bench.MaxThresholds {
		fault(fmt.Sprintf("%d of them", n), fmt.Sprintf("%d at most", bench.MaxThresholds))
		return errors.Join(faults...)
	}
	for _, text := range c.Thresholds {
		if len(text) > bench.MaxThreshold {
			fault(text[:bench.MaxThreshold]+"...", fmt.Sprintf("%d bytes at most", bench.MaxThreshold))
			continue
		}
		t, err := Parse(text)
		var wrong *Error
		switch {
		case errors.As(err, &wrong):
			fault(text, fmt.Sprintf("a condition such as p99<50ms; column %d: %s", wrong.Column, wrong.Problem))
		case figure.Named(t.Figure).CloudWatch != nil && c.Target == bench.Local:
			fault(text, "on a figure that a local run has: "+t.Figure+" is CloudWatch's, which measures only what runs on AWS; docs/thresholds.md lists all")
		case t.Scenario != "" && !c.Runs(t.Scenario):
			fault(text, "for a scenario that runs: "+bench.Join(c.Scenarios))
		}
	}
	return errors.Join(faults...)
}
