package bench

import "testing"

func TestEnded(t *testing.T) {
	whole, short := Account{Planned: 100, Acknowledged: 100}, Account{Planned: 100, Acknowledged: 99, Failed: 1}
	found, lost := &Verification{Mode: VerifyFull, OK: true}, &Verification{Mode: VerifyFull, Lost: 1}
	for _, c := range []struct {
		name   string
		change func(*Record)
		want   Status
	}{
		{"all is well", func(*Record) {}, Complete},
		{"it was called incomplete before", func(r *Record) { r.Run.Status = Incomplete }, Complete},
		{"a row failed", func(r *Record) { r.Scenario1.Rows = short }, Incomplete},
		{"a scenario didn't run", func(r *Record) { r.Scenario1 = nil }, Incomplete},
		{"a row is lost", func(r *Record) { r.Verification = lost }, Incomplete},
		{"nobody knows of the table", func(r *Record) { r.Verification = nil }, Incomplete},
		{"telemetry was lost", func(r *Record) { r.Telemetry = &Telemetry{} }, Complete},
		{"required telemetry was lost", func(r *Record) { r.Telemetry, r.Run.Config.TelemetryRequired = &Telemetry{}, true }, Incomplete},
		{"required accounts part", func(r *Record) { r.Accounts, r.Run.Config.TelemetryRequired = &Accounts{}, true }, Incomplete},
		{"required telemetry is there", func(r *Record) { r.Telemetry, r.Run.Config.TelemetryRequired = &Telemetry{OK: true}, true }, Complete},
		{"interrupted", func(r *Record) { r.Run.Status = Interrupted }, Interrupted},
		{"killed", func(r *Record) { r.Run.Status = Killed }, Killed},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Scenario1, r.Verification = &Summary{Scenario: Individual, Rows: whole}, found
			c.change(r)
			if r.EndAgain(); r.Run.Status != c.want {
				t.Errorf("%s, want %s", r.Run.Status, c.want)
			}
		})
	}
}
