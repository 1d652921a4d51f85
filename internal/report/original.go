package report

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/judge"
)

// original reads a file of the original Python suite: scenario_1 and scenario_2, with keys
// that a Summary has too.
func (f *file) original() (*bench.Record, error) {
	_, first := f.at(bench.Individual.Key())
	_, second := f.at(bench.Batch.Key())
	if !first && !second {
		return nil, fmt.Errorf("%s:1:1: not a results file: neither schema_version nor scenario_1 or scenario_2 is there", f.path)
	}
	r, err := f.decode()
	if err != nil {
		return nil, err
	}
	if len(r.Summaries()) == 0 {
		return nil, f.fault(bench.Individual.Key(), "and scenario_2 are both null: there is nothing to report")
	}
	r.SchemaVersion, r.Verdict = bench.SchemaVersion, nil
	r.Run = bench.Run{Status: bench.Complete, Target: bench.AWS, Config: bench.Defaults()}
	if err := check.Values(r); err != nil {
		return nil, f.placed(err)
	}
	r.Run = f.originalRun(r.Summaries())
	for _, s := range r.Summaries() {
		if err := f.check(s); err != nil {
			return nil, err
		}
		complete(s)
		r.Run.Config.Load(s.Scenario).NumLambdas = int(s.TotalLambdas)
		r.Run.Config.Scenarios = append(r.Run.Config.Scenarios, s.Scenario)
		if !s.Rows.Complete() || !s.Invocations.Complete() {
			r.Run.Status = bench.Incomplete
		}
	}
	fill(r)
	r.Verdict = judge.Record(r)
	r.Verdict.Reasons = slices.DeleteFunc(r.Verdict.Reasons, func(reason bench.Reason) bool { return reason.Code == judge.ForeignFunction }) // the next reason says more
	r.Verdict.AddSuspect(bench.Reason{Severity: bench.Suspect, Code: foreign, Text: "the original Python suite counts every answer with HTTP 200 as a success, and the table was not checked"})
	return r, nil
}

// complete fills in what follows from the original's keys. Its errors are failed rows, for
// unknown reasons, plus one for each failed invocation. The rows of failed invocations are
// in no count.
func complete(s *bench.Summary) {
	s.Invocations = bench.Account{
		Planned: s.TotalLambdas, Acknowledged: s.SuccessfulLambdas, Failed: s.FailedLambdas,
		NotStarted: s.TotalLambdas - s.SuccessfulLambdas - s.FailedLambdas,
	}
	failed := max(0, s.TotalErrors-s.FailedLambdas)
	s.Rows = bench.Account{Planned: s.TotalInserts + failed, Acknowledged: s.TotalInserts, Unknown: failed}
	if s.TotalDurationSeconds == 0 {
		s.TotalDurationSeconds = s.TotalDurationMs / 1000
	}
	if s.SuccessfulLambdas == 0 { // zeros of nothing
		s.LatencyMs, s.LambdaDurationMs, s.LambdaThroughput = bench.Stats{}, bench.Stats{}, bench.Spread{}
	}
	s.Concurrency = int(s.TotalLambdas)
}

// originalRun returns what can be said of the run. Its id is made from the file's text, so
// it is the same at each reading. Its end is the time in the file's name, or else the
// file's modification time.
func (f *file) originalRun(all []*bench.Summary) bench.Run {
	ended, seconds := f.modified, 0.0
	if m := regexp.MustCompile(`\d{8}_\d{6}`).FindString(filepath.Base(f.path)); m != "" {
		if named, err := time.ParseInLocation("20060102_150405", m, time.Local); err == nil {
			ended = named
		}
	}
	for _, s := range all {
		seconds += s.TotalDurationMs / 1000
	}
	sum := sha256.Sum256(f.text)
	var id ulid.ULID
	copy(id[6:], sum[:10])
	started := ended.Add(-time.Duration(seconds * float64(time.Second)))
	_ = id.SetTime(max(0, uint64(started.UnixMilli()))) // fails in the year 10889
	config := bench.Defaults()
	config.Target, config.Scenarios = bench.AWS, nil
	config.Verify, config.Telemetry, config.WarmUp, config.Retries = bench.VerifyOff, bench.TelemetryOff, 0, 0
	config.Individual, config.Batch = bench.Load{}, bench.Load{}
	return bench.Run{
		ID: id.String(), Status: bench.Complete, StartedAt: started.UTC(), EndedAt: ended.UTC(), DurationSeconds: seconds,
		Target: bench.AWS, Config: config, Commit: "unknown",
		Warnings: []string{
			"written by the original Python suite: it recorded no statement latencies, no planned rows, no versions and no second by second course",
			"the run's id and start are worked out from the file; of its configuration only the number of invocations is known, the rest shows defaults",
			"the rows of failed invocations are in no count, also not among the planned; each such invocation counts as one error",
		},
	}
}

// foreign is the code of the verdict's reason for a file of the original suite.
const foreign = "foreign_file"

// Ours returns an error unless r, read from path, is of a run of this suite, whose row ids
// can be computed.
func Ours(path string, r *bench.Record) error {
	if !bench.IsRunID(r.Run.ID) {
		return fmt.Errorf("%s: run.id is %q, must be a ULID of 26 characters: its rows' ids are not known", path, r.Run.ID)
	}
	if IsForeign(r) {
		return fmt.Errorf("%s: written by the original Python suite, whose rows' ids are not known", path)
	}
	return nil
}

// IsForeign reports whether r comes from a file of the original suite, read now or
// earlier.
func IsForeign(r *bench.Record) bool {
	return r.Verdict != nil && slices.ContainsFunc(r.Verdict.Reasons, func(reason bench.Reason) bool { return reason.Code == foreign })
}
