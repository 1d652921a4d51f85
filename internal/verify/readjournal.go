package verify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/strictjson"
)

// Limits of a journal, in bytes. A line has some 150 bytes, more if an invocation of many
// statements has scattered failures.
const (
	longestLine  = 16 << 20
	largestTotal = 1 << 30
)

// ReadJournal reads the journal at path. Planned invocations that it doesn't mention have
// an unknown outcome. torn counts the lines that were not written completely, for example
// on a full disk; they are skipped. An error names the line and the key.
func ReadJournal(path string, plans []bench.Plan) (scenarios []Scenario, torn int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	j := &journalReader{path: path, noted: map[*bench.Result]int{}}
	for _, p := range plans {
		j.all = append(j.all, uniform(p, bench.Unknown))
	}
	lines := bufio.NewReaderSize(io.LimitReader(f, largestTotal+1), 1<<16)
	for {
		line, err := j.next(lines)
		if err != nil {
			return nil, j.torn, err
		}
		if line == nil {
			return j.all, j.torn, nil
		}
		if err := j.take(line); err != nil {
			return nil, j.torn, fmt.Errorf("%s:%d:%w", path, j.line, err)
		}
	}
}

// journalReader is a journal that is being read.
type journalReader struct {
	path  string
	all   []Scenario
	noted map[*bench.Result]int // the line that notes it
	line  int                   // number of the last line read, from 1
	bytes int64
	torn  int
}

// next returns the next line; nil at the end.
func (j *journalReader) next(lines *bufio.Reader) (line []byte, err error) {
	j.line++
	for {
		part, err := lines.ReadSlice('\n')
		line = append(line, part...)
		j.bytes += int64(len(part))
		switch {
		case j.bytes > largestTotal:
			return nil, fmt.Errorf("%s:%d:1: not a journal: more than %d MiB", j.path, j.line, largestTotal>>20)
		case len(line) > longestLine:
			return nil, fmt.Errorf("%s:%d:1: not a journal: a line of more than %d MiB", j.path, j.line, longestLine>>20)
		case err == nil, errors.Is(err, io.EOF):
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
}

// take reads one line into the result of its invocation.
func (j *journalReader) take(line []byte) error {
	if !utf8.Valid(line) || json.Unmarshal(line, new(json.RawMessage)) != nil {
		j.torn++
		return nil
	}
	n, err := parseNote(line)
	if err != nil {
		return err
	}
	plan, r := j.planned(n)
	if r == nil {
		return fmt.Errorf("1: not of this run: invocation %d of scenario %s isn't planned", n.Index, strictjson.Name(string(n.Scenario)))
	}
	if first := j.noted[r]; first > 0 {
		return fmt.Errorf("1: invocation %d of scenario %s stands twice, also in line %d", n.Index, n.Scenario, first)
	}
	if fault := n.check(plan.Invocation(n.Index)); fault != nil {
		return placedNote(line, fault)
	}
	j.noted[r] = j.line
	r.Outcome = n.Outcome
	if n.SentUs > 0 {
		r.Sent = time.UnixMicro(n.SentUs)
	}
	if n.Outcome == bench.Acknowledged || n.Statements != nil {
		r.Partial = n.Outcome != bench.Acknowledged
		r.Response = &bench.Response{Statements: n.Statements, Failed: n.Failed, Unknown: n.Unknown, EnvironmentID: n.Environment}
		for _, second := range n.Seconds {
			r.Response.Timeline = append(r.Response.Timeline, bench.Second{Unix: second[0], Statements: second[1]})
		}
	}
	return nil
}

// planned returns the plan and the result that n belongs to; nil if it isn't planned.
func (j *journalReader) planned(n note) (bench.Plan, *bench.Result) {
	for _, s := range j.all {
		if s.Plan.Scenario == n.Scenario && n.Index >= 0 && n.Index < len(s.Results) {
			return s.Plan, &s.Results[n.Index]
		}
	}
	return bench.Plan{}, nil
}

// parseNote reads a complete line. An error begins with the column.
func parseNote(line []byte) (n note, err error) {
	line = bytes.TrimSpace(line)
	if _, err := strictjson.Keys(line); err != nil {
		return n, column(err)
	}
	if err := json.Unmarshal(line, &n); err != nil {
		return n, column(strictjson.Placed(line, err))
	}
	return n, nil
}

// firstLine begins the positions that strictjson reports. The reader replaces it by the
// line's number in the journal.
const firstLine = "1:"

// column returns err with only the column of its position.
func column(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), firstLine))
}

// placedNote puts the column of its key before a fault.
func placedNote(line []byte, fault *bench.Fault) error {
	return fmt.Errorf("%s: %s is %s, must be %s", strings.TrimPrefix(strictjson.Place(line, fault.Key), firstLine), fault.Key, fault.Shown(), fault.Allowed)
}
