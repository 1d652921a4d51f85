package cloudwatch

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
)

// Check returns an error if CloudWatch can't have measured the run of a results file.
func Check(path string, record *bench.Record) error {
	switch {
	case record.Run.Status == bench.Running:
		return quote.Hint(fmt.Errorf("%s: the run still goes on, or was killed, so its end isn't known", path), "driver verify %s settles a killed one", quote.Path(path))
	case record.Run.Status == bench.Killed && record.Run.DurationSeconds == 0:
		return fmt.Errorf("%s: the run was killed before an invocation ended, so there is nothing to compare with CloudWatch's metrics", path)
	case record.Run.Target != bench.AWS:
		return fmt.Errorf("%s: the run's target was %s: CloudWatch measures only what runs on AWS", path, record.Run.Target)
	}
	if _, _, err := Window(record); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
