package bench

// Ended returns the status of a run that wasn't stopped: Complete or Incomplete.
func (r *Record) Ended() Status {
	all, v := r.Summaries(), r.Verification
	complete := len(all) == len(r.Run.Config.Scenarios) && v != nil && v.OK
	for _, s := range all {
		complete = complete && s.Rows.Complete()
	}
	if !complete || r.Run.Config.TelemetryRequired && r.telemetryLost() {
		return Incomplete
	}
	return Complete
}

// telemetryLost reports whether spans or points didn't arrive at their destination.
func (r *Record) telemetryLost() bool {
	t, a := r.Telemetry, r.Accounts
	return t != nil && !t.OK || a != nil && (!a.Agree || a.Short) || r.TraceStore.Lacks()
}

// EndAgain sets the status again after the record changed. It keeps a status such as
// Interrupted, which doesn't depend on the record.
func (r *Record) EndAgain() {
	if r.Run.Status == Complete || r.Run.Status == Incomplete {
		r.Run.Status = r.Ended()
	}
}
