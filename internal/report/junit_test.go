package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// suites is JUnit's XML as its readers know it, not as we write it.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suite   []struct {
		Tests      int    `xml:"tests,attr"`
		Failures   int    `xml:"failures,attr"`
		Errors     int    `xml:"errors,attr"`
		Skipped    int    `xml:"skipped,attr"`
		Timestamp  string `xml:"timestamp,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnit(t *testing.T) {
	for name, r := range records(t) {
		t.Run(name, func(t *testing.T) {
			r.Run.Warnings = append(r.Run.Warnings, "not XML: \x00 ]]> <a>")
			r.Verdict.Reasons = append(r.Verdict.Reasons, bench.Reason{Severity: bench.Note, Text: "not XML: \x00 ]]> <a>"})
			var got suites
			if err := xml.Unmarshal(rendered(t, JUnit, r), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Suite) != 1 {
				t.Fatalf("%d suites", len(got.Suite))
			}
			s := got.Suite[0]
			failures, skipped, thresholds := 0, 0, 0
			for _, c := range s.Cases {
				if c.Failure != nil {
					failures++
				}
				if c.Skipped != nil {
					skipped++
				}
				if strings.HasPrefix(c.Name, "threshold ") {
					thresholds++
				}
				if c.Class == "" || c.Failure != nil && (c.Failure.Message == "" || c.Skipped != nil) {
					t.Errorf("case %+v", c)
				}
				if failed := c.Failure != nil; c.Name == "verdict" && failed != (r.Verdict.Word == bench.Invalid) {
					t.Errorf("verdict %s, failed %v", r.Verdict.Word, failed)
				}
			}
			want := []int{len(s.Cases), failures, 0, skipped, len(r.Thresholds)}
			if diff := cmp.Diff(want, []int{s.Tests, s.Failures, s.Errors, s.Skipped, thresholds}); diff != "" {
				t.Errorf("tests, failures, errors, skipped, thresholds: -counted +told\n%s", diff)
			}
			if len(s.Properties) == 0 || s.Properties[0].Name != "run_id" || s.Properties[0].Value != r.Run.ID {
				t.Errorf("properties %+v", s.Properties)
			}
		})
	}
}

func TestCSVHasEverySecond(t *testing.T) {
	for name, r := range records(t) {
		lines, err := csv.NewReader(bytes.NewReader(rendered(t, CSV, r))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := 1
		for _, s := range r.Summaries() {
			want += len(s.Timeline)
		}
		if len(lines) != want || len(lines[0]) != len(Columns()) {
			t.Errorf("%s: %d lines of %d fields, want %d of %d", name, len(lines), len(lines[0]), want, len(Columns()))
		}
	}
}

func TestMarkdownIsEscaped(t *testing.T) {
	r := everything(t)
	r.Scenario1.ErrorsByKind = []bench.ErrorCount{{Kind: "a`b", Message: "x | y\n<script>[link](z) *b* _c_ `d` \\"}}
	got := string(rendered(t, Markdown, r))
	const want = "| individual | `a'b` | 0 statements | x \\| y\\\\n&lt;script>\\[link](z) \\*b\\* \\_c\\_ \\`d\\` \\\\ |\n"
	if !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
}
