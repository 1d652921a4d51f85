package bench

// Ended is the status that follows from the record of a run that came to its end:
// Complete, or Incomplete.
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

// telemetryLost reports whether something that was observed isn't where it was sent to.
func (r *Record) telemetryLost() bool {
	t, a := r.Telemetry, r.Accounts
	return t != nil && !t.OK || a != nil && (!a.Agree || a.Short) || r.TraceStore.Lacks()
}

// EndAgain sets the status by what the record holds now. What somebody else did to the
// run, such as to interrupt it, stays.
func (r *Record) EndAgain() {
	if r.Run.Status == Complete || r.Run.Status == Incomplete {
		r.Run.Status = r.Ended()
	}
}
