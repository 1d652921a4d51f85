package bench

import "slices"

// PhaseTime is the time that an attempt spent in one phase.
type PhaseTime struct {
	Attempt int     `json:"attempt"`  // from 1
	Phase   string  `json:"phase"`    // one of Phases
	StartMs float64 `json:"start_ms"` // since the start of the statement
	Ms      float64 `json:"ms"`       // duration
	Failed  bool    `json:"failed"`
}

// Between is the name for time that no phase covers.
const Between = "between"

// OwnTime splits latencyMs among the phases, by name. Phases can lie within others (dial
// within connect within acquire). Each moment counts for the shortest phase that covers it, so
// the parts add up to latencyMs.
//
// The starts and ends of all phases cut the latency into intervals. Within an interval no
// phase begins or ends, so each interval counts for one phase as a whole.
func OwnTime(phases []PhaseTime, latencyMs float64) map[string]float64 {
	cuts := []float64{0, latencyMs}
	for _, p := range phases {
		cuts = append(cuts, min(max(p.StartMs, 0), latencyMs), min(max(p.StartMs+p.Ms, 0), latencyMs))
	}
	slices.Sort(cuts)
	own := map[string]float64{}
	for i := 1; i < len(cuts); i++ {
		from, to := cuts[i-1], cuts[i]
		if to <= from {
			continue
		}
		name, shortest := Between, 0.0
		for _, p := range phases {
			if p.StartMs <= from && to <= p.StartMs+p.Ms && (name == Between || p.Ms < shortest) {
				name, shortest = p.Phase, p.Ms
			}
		}
		own[name] += to - from
	}
	return own
}

// DominantPhase returns the phase that took most of the statement's time over all attempts,
// and its time in ms without the phases in it. The name is empty if the phases weren't
// recorded.
func (s *Statement) DominantPhase() (name string, ms float64) {
	if len(s.Phases) == 0 {
		return "", 0
	}
	for phase, own := range OwnTime(s.Phases, float64(s.LatencyUs)/1000) {
		if own > ms || own == ms && phase < name {
			name, ms = phase, own
		}
	}
	return name, ms
}
