package bench

import "slices"

// PhaseTime is how long an attempt, or several, spent in one phase.
type PhaseTime struct {
	Attempt int     `json:"attempt"` // from 1
	Phase   string  `json:"phase"`   // acquire, connect, token, dns, dial, tls, startup, prepare, query or backoff
	StartMs float64 `json:"start_ms"`
	Ms      float64 `json:"ms"`
	Failed  bool    `json:"failed"`
}

// MaxPhases is how many phases a statement may tell of: a few for each attempt.
const MaxPhases = 1000

// Between is the name of the time that no phase covers.
const Between = "between"

// OwnTime splits latencyMs among the phases. Phases lie within others (dial
// within connect within acquire). Each moment belongs to the shortest phase that
// covers it, so the parts add up to the whole.
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

// DominantPhase is the phase that took most of the statement's time, all
// attempts together, and how many milliseconds it took by itself. The name is
// empty when nobody observed the phases.
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
