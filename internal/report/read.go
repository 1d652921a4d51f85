package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/strictjson"
	"dsql-load-test/internal/textfile"
)

// largest is how many bytes of a results file are read. A run of an hour with a thousand
// invocations has about 2 MB.
const largest = 64 << 20

// Read reads a results file: of this version, an older one, or the original Python suite.
// Data that such a file doesn't have is null or absent in the record, and a warning in it
// says so. An error names the place in the file.
func Read(path string) (*bench.Record, error) {
	text, modified, err := textfile.Read(path, "results file", largest)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", path)
	}
	return parse(path, text, modified)
}

// Present reports whether the results file at path has this version's form.
func Present(path string) bool {
	text, _, err := textfile.Read(path, "results file", largest)
	if err != nil {
		return false
	}
	keys, err := strictjson.Keys(text)
	version, _ := (&file{keys: keys}).at("schema_version")
	return err == nil && version.Value == float64(bench.SchemaVersion)
}

// parse reads the text of the results file at path.
func parse(path string, text []byte, modified time.Time) (*bench.Record, error) {
	keys, err := strictjson.Keys(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	f := file{path: path, text: text, keys: keys, modified: modified}
	r, err := f.record()
	if err == nil {
		noteKilled(path, r)
	}
	return r, err
}

// file is the text of a JSON object that may be a record.
type file struct {
	path     string
	text     []byte
	keys     []strictjson.Key
	modified time.Time
	older    bool // of an earlier version, or of the original suite
}

// at returns a key's place and value; ok is false if the file doesn't have it.
func (f *file) at(path string) (key strictjson.Key, ok bool) {
	i := slices.IndexFunc(f.keys, func(k strictjson.Key) bool { return k.Path == path })
	if i < 0 {
		return strictjson.Key{}, false
	}
	return f.keys[i], true
}

// fault returns an error at a key's place, or at the place of the object that should have
// the key.
func (f *file) fault(path, format string, args ...any) error {
	return fmt.Errorf("%s:%s: %s %s", f.path, strictjson.Place(f.text, path), path, fmt.Sprintf(format, args...))
}

// placed adds file, line and column to a *bench.Fault.
func (f *file) placed(err error) error {
	var fault *bench.Fault
	if !errors.As(err, &fault) {
		return err
	}
	return f.fault(fault.Key, "is %s, must be %s", fault.Shown(), fault.Allowed)
}

func (f *file) record() (*bench.Record, error) {
	version, ok := f.at("schema_version")
	_, ours := f.at("run")
	switch {
	case !ok && ours:
		return nil, f.fault("schema_version", "is missing")
	case !ok:
		f.older = true
		return f.original()
	case version.Value == float64(bench.SchemaVersion):
		return f.present()
	case version.Value == 1.0, version.Value == 2.0:
		f.older = true
		r, err := f.ours()
		if err != nil {
			return nil, err
		}
		return f.upgraded(r, version.Value == 1.0), nil
	}
	if n, isNumber := version.Value.(float64); isNumber && n > bench.SchemaVersion {
		return nil, quote.Hint(f.fault("schema_version", "%v is newer than this program, which reads up to %d", n, bench.SchemaVersion), "a newer driver reads it")
	}
	return nil, f.fault("schema_version", "must be a whole number from 1 to %d", bench.SchemaVersion)
}

// ours decodes a file of this suite and checks everything that reports depend on.
func (f *file) ours() (*bench.Record, error) {
	if err := f.need("run.id", "run.status", "run.started_at", "run.target", "run.config"); err != nil {
		return nil, err
	}
	r, err := f.decode()
	switch {
	case err != nil:
		return nil, err
	case !regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`).MatchString(r.Run.ID):
		return nil, f.fault("run.id", "is %.80q, must be a run's id, 1 to 64 letters and digits", r.Run.ID)
	case r.Run.StartedAt.IsZero():
		return nil, f.fault("run.started_at", "must be a time of 1970 to 2199")
	}
	checks := []func(*bench.Record) error{check.Plans, check.Values, f.needs, check.Accounts}
	if IsForeign(r) { // its plans and accounts are filled in by complete
		checks = checks[1:3]
	}
	for _, sound := range checks {
		if err := sound(r); err != nil {
			return nil, f.placed(err)
		}
	}
	r.Settle()
	if r.Verdict == nil {
		r.Verdict = judge.Record(r)
	}
	return r, nil
}

// decode decodes the whole text. It checks types and times but not the values.
func (f *file) decode() (*bench.Record, error) {
	if err := f.times(); err != nil {
		return nil, err
	}
	r := &bench.Record{}
	r.Run.Config.Statement = bench.ByValues // the only form when files didn't name it
	if err := json.Unmarshal(strictjson.WholeNumbers(f.text), r); err != nil {
		return nil, fmt.Errorf("%s:%w", f.path, strictjson.Placed(f.text, err))
	}
	for s, summary := range map[bench.Scenario]*bench.Summary{bench.Individual: r.Scenario1, bench.Batch: r.Scenario2} {
		if summary == nil {
			continue
		}
		if summary.Scenario != s {
			return nil, f.fault(s.Key()+".scenario", "is %q, must be %q", summary.Scenario, s)
		}
		summary.Forget() // older editions wrote zeros
	}
	return r, nil
}

// needs checks that every scenario has the keys that reports need.
func (f *file) needs(r *bench.Record) error {
	for _, s := range r.Summaries() {
		if err := f.check(s, "invocations", "rows", "statement_latency"); err != nil {
			return err
		}
	}
	return nil
}

// check checks that a scenario has the keys that reports need, and the named ones.
func (f *file) check(s *bench.Summary, more ...string) error {
	for _, name := range append([]string{
		"total_lambdas", "successful_lambdas", "failed_lambdas", "total_inserts", "total_errors",
		"total_duration_ms", "throughput_inserts_per_second", "latency_ms",
	}, more...) {
		if err := f.need(s.Scenario.Key() + "." + name); err != nil {
			return err
		}
	}
	if s.SuccessfulLambdas+s.FailedLambdas > s.TotalLambdas {
		return f.fault(s.Scenario.Key()+".total_lambdas", "%d can't be, with %d successful and %d failed", s.TotalLambdas, s.SuccessfulLambdas, s.FailedLambdas)
	}
	return nil
}

// need returns an error for the first of the keys that is missing or null. In a file of
// this version a figure may be null: it was not finite.
func (f *file) need(paths ...string) error {
	for _, path := range paths {
		key, ok := f.at(path)
		switch {
		case !ok:
			return f.fault(path, "is missing")
		case key.Null && (f.older || check.TypeAt(steps(path)).Kind() != reflect.Float64):
			return f.fault(path, "is null, must have a value")
		}
	}
	return nil
}

// steps splits a path without lists.
func steps(path string) []strictjson.Step {
	var all []strictjson.Step
	for key := range strings.SplitSeq(path, ".") {
		all = append(all, strictjson.Step{Key: key, Index: -1})
	}
	return all
}
