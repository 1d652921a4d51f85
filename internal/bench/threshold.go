package bench

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Threshold is a demand on one figure, and whether a run meets it.
type Threshold struct {
	Text     string   `json:"text"`               // as it was given, such as "batch.p99<50ms"
	Scenario Scenario `json:"scenario,omitempty"` // empty: a figure of the whole run
	Figure   string   `json:"figure"`             // such as "p99"
	Operator string   `json:"operator"`           // <, <=, >, >=, == or !=
	Limit    float64  `json:"limit"`              // in Unit
	Unit     string   `json:"unit"`               // such as "ms" or "rows/s"; empty for a plain number
	Value    *float64 `json:"value"`              // in Unit; null when there is none, which fails
	OK       bool     `json:"ok"`
}

// ThresholdError says where the text of a threshold is wrong.
type ThresholdError struct {
	Text    string
	Column  int // from 1
	Problem string
}

func (e *ThresholdError) Error() string {
	return fmt.Sprintf("threshold %q, column %d: %s", e.Text, e.Column, e.Problem)
}

// operators are tried in this order, so that <= isn't taken for <.
func operators() []string { return []string{"<=", ">=", "==", "!=", "<", ">"} }

// ParseThreshold reads "[scenario.]figure operator value[unit]". Of a figure of
// a scenario without one, Scenario is empty, and it is demanded of each that
// runs. An error is a *ThresholdError.
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: text}
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return t, &ThresholdError{text, len(text) + 1, "no operator: " + strings.Join(operators(), ", ") + ", as in p99<50ms"}
	}
	f, err := t.parseFigure(text[:at])
	if err != nil {
		return t, err
	}
	i := slices.IndexFunc(operators(), func(o string) bool { return strings.HasPrefix(text[at:], o) })
	if i < 0 {
		return t, &ThresholdError{text, at + 1, fmt.Sprintf("%q must be one of %s", text[at:at+1], strings.Join(operators(), ", "))}
	}
	t.Operator = operators()[i]
	return t, t.parseLimit(f, at+len(t.Operator))
}

// parseFigure takes the part before the operator.
func (t *Threshold) parseFigure(part string) (*Figure, error) {
	name := strings.TrimSpace(part)
	column := strings.Index(part, name) + 1
	if name == "" {
		return nil, &ThresholdError{t.Text, 1, "no figure before the operator, as p99 in p99<50ms"}
	}
	prefix, rest, dotted := strings.Cut(name, ".")
	s, known := scenarioNamed(prefix)
	if dotted && known {
		t.Scenario, name = s, strings.TrimSpace(rest)
		column += strings.LastIndex(part[column-1:], name)
	} else if dotted && FigureNamed(name) == nil && FigureNamed(rest) != nil {
		return nil, &ThresholdError{t.Text, column, fmt.Sprintf("scenario %q must be individual (1) or batch (2)", prefix)}
	}
	f := FigureNamed(name)
	switch {
	case f == nil:
		return nil, &ThresholdError{t.Text, column, fmt.Sprintf("unknown figure %q: %s", name, suggestion(name))}
	case f.OfRun && t.Scenario != "":
		return nil, &ThresholdError{t.Text, column, fmt.Sprintf("%s is of the whole run: leave %s. out", name, prefix)}
	}
	t.Figure, t.Unit = f.Name, f.Unit
	return f, nil
}

func scenarioNamed(name string) (Scenario, bool) {
	switch name {
	case "1", string(Individual), Individual.Key():
		return Individual, true
	case "2", string(Batch), Batch.Key():
		return Batch, true
	}
	return "", false
}

// maxLimit is above all figures.
const maxLimit = 1e12

// parseLimit takes the part from the n-th byte on: a number and a unit.
func (t *Threshold) parseLimit(f *Figure, n int) error {
	part := strings.TrimLeft(t.Text[n:], " \t")
	start := len(t.Text) - len(part)
	part = strings.TrimRight(part, " \t")
	number := part[:numberLength(part)]
	value, err := strconv.ParseFloat(number, 64)
	problem := ""
	switch {
	case value > maxLimit: // also beyond what a float64 holds
		problem = number + " is above 1e12, which no figure is"
	case value < 0:
		problem = number + " is below 0, which no figure is"
	case err != nil:
		problem = fmt.Sprintf("%q must be a number, with a unit if you like", part)
	case value == 0 && strings.ContainsAny(significand(number), "123456789"):
		problem = number + " is too small to be told from 0"
	}
	if problem != "" {
		return &ThresholdError{t.Text, start + 1, problem + ": " + example(f)}
	}
	unit := strings.TrimLeft(part[len(number):], " \t")
	factor, known := unitFactors(f.Unit)[unit]
	if !known {
		return &ThresholdError{t.Text, start + len(part) - len(unit) + 1, fmt.Sprintf("%q isn't a unit of %s: %s", unit, f.Name, example(f))}
	}
	t.Limit = value * factor
	return nil
}

// numberLength is how many bytes of text, from its start on, are meant as a number
// such as 50, 1.5, .5, 1e9 or 40_000.
func numberLength(text string) int {
	return len(regexp.MustCompile(`^[+-]*[0-9._]*([eE][+-]?[0-9_]*)?`).FindString(text))
}

// significand is a number without its exponent.
func significand(number string) string {
	before, _, _ := strings.Cut(strings.ToLower(number), "e")
	return before
}

// unitFactors are the units that a value may be given in, and what each is of
// the figure's own. Without one it is in the figure's own.
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

// example shows how a limit of f is written.
func example(f *Figure) string {
	switch f.Unit {
	case "ms":
		return "50ms (also us, s, m)"
	case "s":
		return "60s (also ms, m, h)"
	}
	return strings.TrimSpace("5 " + f.Unit)
}

// suggestion names the figures that are most like name, or says where all are.
func suggestion(name string) string {
	type near struct {
		name     string
		distance int
	}
	var all []near
	for _, f := range Figures() {
		all = append(all, near{f.Name, editDistance(strings.ToLower(name), f.Name)})
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.distance - b.distance })
	if all[0].distance > max(2, len(name)/3) {
		return "docs/thresholds.md lists all, such as throughput, p99, error_rate"
	}
	names := []string{}
	for _, n := range all {
		if n.distance == all[0].distance && len(names) < 3 {
			names = append(names, n.name)
		}
	}
	return "did you mean " + strings.Join(names, ", ") + "?"
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// FailedThresholds are those that were not met.
func (r *Record) FailedThresholds() []Threshold {
	return slices.DeleteFunc(slices.Clone(r.Thresholds), func(t Threshold) bool { return t.OK })
}

// ValidateThresholds is Validate of the thresholds alone.
func (c *Config) ValidateThresholds() error {
	v := validator{config: c}
	v.thresholds()
	return errors.Join(v.faults...)
}

// thresholds reports the faults of the configuration's thresholds.
func (v *validator) thresholds() {
	if n := len(v.config.Thresholds); n > MaxThresholds {
		v.check("thresholds", fmt.Sprintf("%d of them", n), false, fmt.Sprintf("%d at most", MaxThresholds))
		return
	}
	for _, text := range v.config.Thresholds {
		if len(text) > MaxThreshold {
			v.check("thresholds", text[:MaxThreshold]+"...", false, fmt.Sprintf("%d bytes at most", MaxThreshold))
			continue
		}
		t, err := ParseThreshold(text)
		var wrong *ThresholdError
		if errors.As(err, &wrong) {
			v.check("thresholds", text, false, fmt.Sprintf("a demand such as p99<50ms; column %d: %s", wrong.Column, wrong.Problem))
			continue
		}
		v.check("thresholds", text, t.Scenario == "" || v.config.Runs(t.Scenario), "of a scenario that runs: "+join(v.config.Scenarios))
	}
}
