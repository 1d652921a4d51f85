package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/html"
)

// publish makes of the record what people and programs read. unwritten is why
// the results file isn't whole; it is told with where the figures are then.
func (s *session) publish(unwritten error) error {
	p := publication{out: s.Out, results: s.results.path, json: s.Values.JSON}
	if s.Values.JSON {
		p.print(report.JSON(s.Out, s.record))
	} else {
		p.print(report.Text(s.Out, s.record))
	}
	if unwritten != nil {
		p.unwritten(unwritten)
	} else {
		p.name("Results:", s.results.path)
	}
	if !s.Values.NoHTML {
		path := strings.TrimSuffix(s.results.path, ".json") + ".html"
		if p.file(path, func(w io.Writer) error { return html.Write(w, s.record) }) {
			p.name("Report: ", path)
		}
	}
	if s.Values.JUnit != "" {
		p.file(s.Values.JUnit, func(w io.Writer) error { return report.JUnit(w, s.record) })
	}
	return errors.Join(p.faults...)
}

// publication tells each cause of a fault once: where one file finds no room,
// others don't either.
type publication struct {
	out       io.Writer // standard output
	results   string    // path of the results file
	json      bool      // out gets JSON alone
	unprinted bool      // out took no more
	faults    []error
}

// print notes how printing the figures ended.
func (p *publication) print(err error) {
	if err != nil {
		p.unprinted = true
		p.faults = append(p.faults, fmt.Errorf("print the figures: %w", err))
	}
}

// name prints where a file is.
func (p *publication) name(what, path string) {
	if !p.json && !p.unprinted {
		_, err := fmt.Fprintf(p.out, "%s %s\n", what, quote.Line(path))
		p.print(err)
	}
}

// unwritten tells that the results file isn't whole.
func (p *publication) unwritten(err error) {
	where := "are only in what is printed on standard output"
	if p.unprinted {
		where = "are lost"
	}
	p.add(quote.Hint(err, "the run's figures %s; %s is not complete", where, p.results))
}

// file writes one, and reports whether it is there.
func (p *publication) file(path string, write func(io.Writer) error) bool {
	err := report.WriteFile(path, write)
	if err == nil {
		return true
	}
	if _, old := os.Stat(path); old == nil {
		err = quote.Hint(err, "%s is what was there before, not this run's", path)
	}
	p.add(err)
	return false
}

// add notes a fault, unless one of the same cause is known and it tells no more.
func (p *publication) add(err error) {
	var cause, known syscall.Errno
	for _, f := range p.faults {
		if errors.As(err, &cause) && errors.As(f, &known) && cause == known && !strings.Contains(err.Error(), "\nhint: ") {
			return
		}
	}
	p.faults = append(p.faults, err)
}
