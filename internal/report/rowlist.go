package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// RowList is the file beside a results file that lists the rows for which the table and
// the run disagree. It is created with the first row, keeps no row in memory, and gets its
// name when it is complete.
type RowList struct {
	results string // the results file's path
	temp    *os.File
	text    *bufio.Writer
	out     *csv.Writer
	fault   error // the first
}

// ListRows begins the list beside the results file at path.
func ListRows(path string) *RowList { return &RowList{results: path} }

// Add writes rows. Keep returns an error that happens here.
func (l *RowList) Add(rows []bench.PlacedRow) {
	if l.fault == nil && l.temp == nil {
		l.fault = l.begin()
	}
	for i := range rows {
		if l.fault != nil {
			return
		}
		l.fault = l.out.Write(rowFields(&rows[i]))
	}
}

func (l *RowList) begin() (err error) {
	removeLeftovers(filepath.Dir(l.results))
	if l.temp, err = os.CreateTemp(filepath.Dir(l.results), temporary); err != nil {
		return err
	}
	l.text = bufio.NewWriterSize(l.temp, 1<<16)
	l.out = csv.NewWriter(l.text)
	return l.out.Write([]string{"found", "id", "scenario", "lambda_index", "iteration", "row", "outcome", "environment_id", "at", "at_is"})
}

// rowFields returns a row's line. A field of which nothing is known is empty.
func rowFields(r *bench.PlacedRow) []string {
	found, environment, at := "unexpected", "", ""
	if r.Outcome == bench.Acknowledged {
		found = "lost"
	}
	if r.Environment != nil {
		environment = *r.Environment
	}
	if r.At != nil {
		at = r.At.UTC().Format(time.RFC3339)
	}
	return []string{
		found, r.ID, string(r.Scenario), strconv.Itoa(r.Invocation), strconv.Itoa(r.Iteration), strconv.Itoa(r.Row),
		string(r.Outcome), quote.Cell(environment), at, string(r.TimeOf),
	}
}

// Keep completes the list and returns the name of its file, a new one for each list; empty
// if there was no row.
func (l *RowList) Keep() (name string, err error) {
	if l.temp == nil && l.fault == nil {
		return "", nil
	}
	if l.fault == nil {
		l.out.Flush()
		l.fault = cmp.Or(l.out.Error(), l.text.Flush(), l.temp.Chmod(0o644), l.temp.Sync(), l.temp.Close())
	}
	if l.fault != nil {
		return "", errors.Join(l.failed(l.fault), l.Drop())
	}
	path, err := named(l.temp.Name(), strings.TrimSuffix(l.results, ".json")+".rows", ".csv")
	if err != nil {
		return "", l.failed(err)
	}
	return filepath.Base(path), nil
}

func (l *RowList) failed(err error) error {
	return fmt.Errorf("the list of the rows beside %s could not be written: %w", l.results, secret.Cause(err))
}

// Drop removes what there is of the list.
func (l *RowList) Drop() error {
	if l.temp == nil {
		return nil
	}
	_ = l.temp.Close() // it may be closed
	return os.Remove(l.temp.Name())
}
