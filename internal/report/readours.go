package report

import "dsql-load-test/internal/bench"

// ReadOurs reads a results file that this program wrote.
func ReadOurs(path string) (*bench.Record, error) {
	record, err := Read(path)
	if err != nil {
		return nil, err
	}
	return record, Ours(path, record)
}
