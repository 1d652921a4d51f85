package bench_test

import (
	"testing"

	"dsql-load-test/internal/bench"
)

func TestEnded(t *testing.T) {
	whole, short := bench.Account{Planned: 100, Acknowledged: 100}, bench.Account{Planned: 100, Acknowledged: 99, Failed: 1}
	found, lost := &bench.Verification{Mode: bench.VerifyFull, OK: true}, &bench.Verification{Mode: bench.VerifyFull, Lost: 1}
	for _, c := range []struct {
		name   string
		change func(*bench.Record)
		want   bench.Status
	}{
		{"all is well", func(*bench.Record) {}, bench.Complete},
		{"it was called incomplete before", func(r *bench.Record) { r.Run.Status = bench.Incomplete }, bench.Complete},
		{"a row failed", func(r *bench.Record) { r.Scenario1.Rows = short }, bench.Incomplete},
		{"a scenario didn't run", func(r *bench.Record) { r.Scenario1 = nil }, bench.Incomplete},
		{"a row is lost", func(r *bench.Record) { r.Verification = lost }, bench.Incomplete},
		{"nobody knows of the table", func(r *bench.Record) { r.Verification = nil }, bench.Incomplete},
		{"telemetry was lost", func(r *bench.Record) { r.Telemetry = &bench.Telemetry{} }, bench.Complete},
		{"required telemetry was lost", func(r *bench.Record) { r.Telemetry, r.Run.Config.TelemetryRequired = &bench.Telemetry{}, true }, bench.Incomplete},
		{"required accounts part", func(r *bench.Record) { r.Accounts, r.Run.Config.TelemetryRequired = &bench.Accounts{}, true }, bench.Incomplete},
		{"required telemetry is there", func(r *bench.Record) { r.Telemetry, r.Run.Config.TelemetryRequired = &bench.Telemetry{OK: true}, true }, bench.Complete},
		{"interrupted", func(r *bench.Record) { r.Run.Status = bench.Interrupted }, bench.Interrupted},
		{"killed", func(r *bench.Record) { r.Run.Status = bench.Killed }, bench.Killed},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Scenario1, r.Verification = &bench.Summary{Scenario: bench.Individual, Rows: whole}, found
			c.change(r)
			if r.EndAgain(); r.Run.Status != c.want {
				t.Errorf("%s, want %s", r.Run.Status, c.want)
			}
		})
	}
}
