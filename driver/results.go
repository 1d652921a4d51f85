package main

import (
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/report"
)

// ownResults reads a results file that this program wrote.
func ownResults(path string) (*bench.Record, error) {
	record, err := report.Read(path)
	if err != nil {
		return nil, err
	}
	return record, report.Ours(path, record)
}
