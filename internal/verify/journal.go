package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"dsql-load-test/internal/bench"
)

// Journal notes how each invocation ended, as soon as it ends, so that a run whose driver
// is killed can be verified. The file holds one JSON object a line.
type Journal struct{ file *os.File }

// note is one line of a journal.
type note struct {
	Scenario bench.Scenario `json:"scenario"`
	Index    int            `json:"lambda_index"`
	Outcome  bench.Outcome  `json:"outcome"`
	// The outcome of each statement, from the response; absent if there was none.
	Statements *bench.Account `json:"statements,omitempty"`
	Failed     bench.Ranges   `json:"failed,omitempty"`
	Unknown    bench.Ranges   `json:"unknown,omitempty"`
	// Where and when, to place lost and unexpected rows; absent if not known.
	Environment string `json:"environment_id,omitempty"`
	SentUs      int64  `json:"sent_us,omitempty"` // microseconds since 1970, by the driver's clock
	// Seconds lists the seconds since 1970 in which statements ended, by the function's
	// clock, each with the number of statements.
	Seconds [][2]int64 `json:"seconds,omitempty"`
}

// CreateJournal creates the file at path, which must not exist.
func CreateJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	// The lock shows readers of the results that the driver is alive (report.Alive). On a
	// file system without locks they can't see it, which does no harm.
	for range 20 { // a reader holds the lock for a moment
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return &Journal{f}, nil
}

// Note writes down how an invocation of a scenario ended. It may be called from
// many goroutines: a line is one write.
func (j *Journal) Note(s bench.Scenario, r *bench.Result) error {
	n := note{Scenario: s, Index: r.Index, Outcome: r.Outcome}
	if !r.Sent.IsZero() {
		n.SentUs = r.Sent.UnixMicro()
	}
	if a := r.Response; a != nil {
		n.Statements, n.Failed, n.Unknown, n.Environment = a.Statements, a.Failed, a.Unknown, a.EnvironmentID
		for _, second := range a.Timeline {
			n.Seconds = append(n.Seconds, [2]int64{second.Unix, second.Statements})
		}
	}
	line, err := json.Marshal(n)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Close closes the journal and leaves the file.
func (j *Journal) Close() error { return j.file.Close() }

// Remove closes the journal and removes the file, when the results hold all of it.
func (j *Journal) Remove() error {
	return errors.Join(j.file.Close(), os.Remove(j.file.Name()))
}
