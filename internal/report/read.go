package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// largest is how much of a results file is read. One of an hour with a thousand
// invocations has some 2 MB.
const largest = 64 << 20

// Read reads a results file: of this version, of an older one, or of the
// original Python suite. What such a file doesn't tell is null or absent in the
// record, and a warning in it says so. An error names the place in the file.
func Read(path string) (*bench.Record, error) {
	text, info, err := load(path)
	if err != nil {
		return nil, err
	}
	keys, err := bench.JSONKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	f := file{path: path, text: text, keys: keys, modified: info.ModTime()}
	r, err := f.record()
	if err == nil {
		noteKilled(path, r)
	}
	return r, err
}

// load answers the text of a file that can be a results file.
func load(path string) ([]byte, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s: is a directory, not a results file", path)
	case info.Size() > largest:
		return nil, nil, fmt.Errorf("%s: not a results file: %d MB, at most %d are read", path, info.Size()>>20, largest>>20)
	}
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	case len(text) > largest:
		return nil, nil, fmt.Errorf("%s: not a results file: more than %d MB", path, largest>>20)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, nil, fmt.Errorf("%s: the file is empty", path)
	}
	return text, info, nil
}

// file is a JSON object that may be a record.
type file struct {
	path     string
	text     []byte
	keys     []bench.JSONKey
	modified time.Time
}

// at is the key's place and value; ok is false when it isn't there.
func (f *file) at(path string) (key bench.JSONKey, ok bool) {
	i := slices.IndexFunc(f.keys, func(k bench.JSONKey) bool { return k.Path == path })
	if i < 0 {
		return bench.JSONKey{}, false
	}
	return f.keys[i], true
}

// fault is an error at a key, or at the one that should hold it.
func (f *file) fault(path, format string, args ...any) error {
	place := "1:1"
	for p := path; p != ""; {
		if key, ok := f.at(p); ok {
			place = key.At
			break
		}
		p = p[:max(0, strings.LastIndexByte(p, '.'))]
	}
	return fmt.Errorf("%s:%s: %s %s", f.path, place, path, fmt.Sprintf(format, args...))
}

func (f *file) record() (*bench.Record, error) {
	version, ok := f.at("schema_version")
	_, ours := f.at("run")
	switch {
	case !ok && ours:
		return nil, f.fault("schema_version", "is missing")
	case !ok:
		return f.original()
	case version.Value == float64(bench.SchemaVersion):
		return f.ours()
	case version.Value == 1.0, version.Value == 2.0:
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

// ours decodes a file of this tool and checks what all reports rest on.
func (f *file) ours() (*bench.Record, error) {
	if err := f.need("run.id", "run.status", "run.started_at", "run.target", "run.config"); err != nil {
		return nil, err
	}
	r, err := f.decode()
	if err != nil {
		return nil, err
	}
	statuses := []bench.Status{bench.Complete, bench.Incomplete, bench.Interrupted, bench.Running, bench.Killed}
	switch {
	case r.Run.ID == "":
		return nil, f.fault("run.id", "is empty")
	case !slices.Contains(statuses, r.Run.Status):
		return nil, f.fault("run.status", "%q must be one of %v", r.Run.Status, statuses)
	case r.Run.StartedAt.IsZero():
		return nil, f.fault("run.started_at", "must be a time")
	}
	for _, s := range r.Summaries() {
		if err := f.check(s, "invocations", "rows", "statement_latency"); err != nil {
			return nil, err
		}
	}
	if r.Verdict == nil {
		r.Verdict = r.Judge()
	}
	return r, nil
}

// decode reads the whole text.
func (f *file) decode() (*bench.Record, error) {
	for _, k := range f.keys {
		if _, text := k.Value.(string); strings.HasSuffix(k.Path, "ed_at") && !text {
			return nil, f.fault(k.Path, "must be a time such as \"2026-11-23T20:00:00Z\"")
		}
	}
	r := &bench.Record{}
	if err := json.Unmarshal(f.text, r); err != nil {
		return nil, fmt.Errorf("%s:%w", f.path, bench.Placed(f.text, err))
	}
	// An object that is null leaves what it should hold out.
	for s, summary := range map[bench.Scenario]*bench.Summary{bench.Individual: r.Scenario1, bench.Batch: r.Scenario2} {
		if _, there := f.at(s.Key()); there && summary != nil && summary.Scenario != s {
			return nil, f.fault(s.Key()+".scenario", "must be %q", s)
		}
	}
	return r, nil
}

// check looks at what reports need of a scenario, the named keys too.
func (f *file) check(s *bench.Summary, more ...string) error {
	for _, name := range append([]string{
		"total_lambdas", "successful_lambdas", "failed_lambdas", "total_inserts", "total_errors",
		"total_duration_ms", "throughput_inserts_per_second", "latency_ms",
	}, more...) {
		if err := f.need(s.Scenario.Key() + "." + name); err != nil {
			return err
		}
	}
	key := s.Scenario.Key()
	if min(s.TotalLambdas, s.SuccessfulLambdas, s.FailedLambdas) < 0 || s.SuccessfulLambdas+s.FailedLambdas > s.TotalLambdas {
		return f.fault(key+".total_lambdas", "%d can't be, with %d successful and %d failed", s.TotalLambdas, s.SuccessfulLambdas, s.FailedLambdas)
	}
	if min(s.TotalInserts, s.TotalErrors) < 0 {
		return f.fault(key+".total_inserts", "or total_errors is negative")
	}
	if h := s.StatementLatency.Histogram; h != nil {
		if _, err := h.Histogram(); err != nil {
			return f.fault(key+".statement_latency.histogram", "is damaged: %v", err)
		}
	}
	return nil
}

// need reports the first of the keys that is missing.
func (f *file) need(paths ...string) error {
	for _, path := range paths {
		if _, ok := f.at(path); !ok {
			return f.fault(path, "is missing")
		}
	}
	return nil
}
