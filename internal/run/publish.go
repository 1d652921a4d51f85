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

// publish prints the figures and writes the reports. unwritten is the reason the results
// file is incomplete, nil if it isn't; it is reported with the place where the figures are.
func (s *session) publish(unwritten error) error {
	p := publication{session: s}
	if s.Values.JSON {
		p.print(report.JSON(s.Out, s.record))
	} else {
		p.print(report.Text(s.Out, s.record))
	}
	// The figures were printed first: if the disk is full, they are all that is left.
	if unwritten != nil {
		p.unwritten(unwritten)
	} else {
		p.name("Results:", s.path)
	}
	if !s.Values.NoHTML {
		path := strings.TrimSuffix(s.path, ".json") + ".html"
		if p.file(path, func(w io.Writer) error { return html.Write(w, s.record) }) {
			p.name("Report: ", path)
		}
	}
	if s.Values.JUnit != "" {
		p.file(s.Values.JUnit, func(w io.Writer) error { return report.JUnit(w, s.record) })
	}
	return errors.Join(p.faults...)
}

// publication collects the errors of publish. Each cause is reported once: if the disk is
// full for one file, it is full for the others.
type publication struct {
	*session
	unprinted bool // standard output took no more
	faults    []error
}

// print notes that printing the figures failed, if err isn't nil.
func (p *publication) print(err error) {
	if err != nil {
		p.unprinted = true
		p.faults = append(p.faults, fmt.Errorf("print the figures: %w", err))
	}
}

// name prints the path of a file.
func (p *publication) name(what, path string) {
	if !p.Values.JSON && !p.unprinted { // else standard output gets JSON alone
		_, err := fmt.Fprintf(p.Out, "%s %s\n", what, quote.Line(path))
		p.print(err)
	}
}

// unwritten notes that the results file is incomplete.
func (p *publication) unwritten(err error) {
	where := "are only in what is printed on standard output"
	if p.unprinted {
		where = "are lost"
	}
	p.add(quote.Hint(err, "the run's figures %s; %s is not complete", where, p.path))
}

// file writes a file and reports whether that succeeded.
func (p *publication) file(path string, write func(io.Writer) error) bool {
	err := report.WriteFile(path, write)
	if err == nil {
		return true
	}
	if _, old := os.Stat(path); old == nil {
		err = quote.Hint(err, "%s is an older file, not this run's", path)
	}
	p.add(err)
	return false
}

// add notes an error, unless one with the same cause is there and this one has no hint.
func (p *publication) add(err error) {
	var cause, known syscall.Errno
	var hinted interface{ Hint() string }
	for _, f := range p.faults {
		if errors.As(err, &cause) && errors.As(f, &known) && cause == known && !errors.As(err, &hinted) {
			return
		}
	}
	p.faults = append(p.faults, err)
}
