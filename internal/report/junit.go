package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// The elements of JUnit's XML, in the order that its readers expect.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitProblem `xml:"skipped"`
		Failure *junitProblem `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the record's judgements as JUnit XML for continuous integration: a test
// case for the verdict, each scenario's rows, each threshold, the look at the table and
// the accounts. A SUSPECT run passes, with its reasons; an INVALID one fails.
func JUnit(w io.Writer, r *bench.Record) error {
	r = quote.Copy(r) // XML can't hold most control characters
	s := junitSuite{
		Name: "dsql-load-test", Time: seconds(r.Run.DurationSeconds), Timestamp: r.Run.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Properties: properties(r), Cases: cases(r),
	}
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
	}
	text, err := xml.MarshalIndent(junitSuites{Suite: s}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode JUnit XML: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

func properties(r *bench.Record) []junitProperty {
	return []junitProperty{
		{"run_id", r.Run.ID},
		{"status", string(r.Run.Status)},
		{"verdict", string(judged(r).Word)},
		{"target", string(r.Run.Target)},
		{"seed", fmt.Sprint(r.Run.Seed)},
		{"commit", r.Run.Commit},
	}
}

func cases(r *bench.Record) []junitCase {
	v := judged(r)
	var reasons []string
	for _, reason := range v.Reasons {
		reasons = append(reasons, string(reason.Severity)+" "+reasonText(reason))
	}
	verdict := testCase("run", "verdict", 0, v.Word != bench.Invalid, "the verdict is "+string(v.Word), strings.Join(reasons, "\n"))
	if verdict.Failure == nil {
		verdict.Out = strings.Join(reasons, "\n")
	}
	all := []junitCase{
		verdict,
		testCase("run", "status", r.Run.DurationSeconds, r.Run.Status == bench.Complete, "the run is "+string(r.Run.Status), ""),
	}
	for _, s := range r.Summaries() {
		a := s.Rows
		if IsForeign(r) && a.Complete() || a.Planned == 0 {
			all = append(all, skipped(string(s.Scenario), "every planned row is acknowledged", s.TotalDurationSeconds, "how many rows were planned isn't known"))
			continue
		}
		all = append(all, testCase(string(s.Scenario), "every planned row is acknowledged", s.TotalDurationSeconds, a.Complete(),
			fmt.Sprintf("%d of %d rows acknowledged, %d failed, %d unknown, %d not started", a.Acknowledged, a.Planned, a.Failed, a.Unknown, a.NotStarted),
			strings.Join(grouped(s.Errors), "\n")))
	}
	for _, h := range r.Thresholds {
		all = append(all, testCase(cmp.Or(string(h.Scenario), "run"), "threshold "+h.Text, 0, h.OK, fmt.Sprintf("%s is %s, demanded is %s", thresholdName(h), found(r, h), demand(h)), ""))
	}
	return append(all, checks(r)...)
}

// checks returns the cases for the look at the table and for the accounts. A check that
// wasn't asked for is skipped.
func checks(r *bench.Record) []junitCase {
	table := skipped("run", "verification", 0, "the table was not looked at")
	if v := r.Verification; v != nil && v.Mode != bench.VerifyOff {
		lines := strings.Join(placedLines(v), "\n")
		table = testCase("run", "verification", v.DurationMs/1000, v.OK, v.Problem, lines)
		table.Out = lookedAt(r)
		if v.OK && lines != "" {
			table.Out = strings.TrimPrefix(table.Out+"\n"+lines, "\n")
		}
	}
	accounts := skipped("run", "accounts", 0, "the run wasn't observed")
	if a := r.Accounts; a != nil {
		accounts = testCase("run", "accounts", 0, a.Agree, a.Problem, "")
	}
	return []junitCase{table, accounts}
}

// lookedAt describes each look at the table, a line each, the one that stands first.
func lookedAt(r *bench.Record) string {
	var lines []string
	stands := r.Stands()
	for i := range r.Looks {
		l := &r.Looks[i]
		if l == stands {
			lines = slices.Insert(lines, 0, lookLine(l))
		} else {
			lines = append(lines, lookLine(l))
		}
	}
	return strings.Join(lines, "\n")
}

func skipped(class, name string, took float64, why string) junitCase {
	return junitCase{Class: class, Name: name, Time: seconds(took), Skipped: &junitProblem{Message: why}}
}

// testCase returns a case that fails with message, and detail below it, unless ok.
func testCase(class, name string, took float64, ok bool, message, detail string) junitCase {
	c := junitCase{Class: class, Name: name, Time: seconds(took)}
	if !ok {
		c.Failure = &junitProblem{Message: message, Type: name, Text: detail}
	}
	return c
}

// seconds prints how long a case took; 0 if that isn't known, because readers want a number.
func seconds(s float64) string {
	if !figure.Finite(s) {
		s = 0
	}
	return fmt.Sprintf("%.3f", s)
}
