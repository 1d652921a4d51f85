package bench

// Billed adds up what Lambda says of invocations in the REPORT lines of their
// logs.
type Billed struct {
	Invocations   int64   `json:"invocations"`    // that had such a line
	BilledSeconds float64 `json:"billed_seconds"` // by Lambda, rounded up to the millisecond each, with the Inits
	DurationMs    Stats   `json:"duration_ms"`
	InitMs        Stats   `json:"init_ms"` // of cold starts
	Inits         int64   `json:"inits"`   // invocations that started an environment
	// InitBilledSeconds are those of BilledSeconds that the starts took: on AWS all,
	// for Billed Duration is Duration and Init Duration, rounded up together; of an
	// emulator that doesn't bill them, 0. nil in older files.
	InitBilledSeconds *float64 `json:"init_billed_seconds,omitempty"`
	MemoryMB          int64    `json:"memory_mb"`
	MaxMemoryMB       int64    `json:"max_memory_mb"` // most that an environment used
}

// InitSeconds are those of BilledSeconds that environments took to start.
func (b *Billed) InitSeconds() float64 {
	switch {
	case b.InitBilledSeconds != nil:
		return *b.InitBilledSeconds
	case b.Inits == 0 || b.InitMs.Avg == nil:
		return 0
	}
	return float64(b.Inits) * *b.InitMs.Avg / 1000
}

// Admission is how the fan-out dealt with being refused.
type Admission struct {
	Asked   int `json:"asked"`   // invocations to be in flight at once
	Reached int `json:"reached"` // most that were
	// Floor is the lowest number that throttling brought the limit down to; Asked
	// when there was none.
	Floor        int     `json:"floor"`
	Backoffs     int64   `json:"backoffs"`       // times that the limit was lowered
	HeldSeconds  float64 `json:"held_seconds"`   // with the limit below what was asked
	FirstSendMs  float64 `json:"first_send_ms"`  // after the scenario's start
	SendSpreadMs float64 `json:"send_spread_ms"` // between the first and the last send of the first Asked ones
}

// InvocationSample is one invocation's course. Results hold at most
// SamplesKept of them, evenly spread over the indices.
type InvocationSample struct {
	Index      int     `json:"lambda_index"`
	SentMs     float64 `json:"sent_ms"`     // after the scenario's start
	LatencyMs  float64 `json:"latency_ms"`  // seen by the driver
	DurationMs float64 `json:"duration_ms"` // of the loop, by the function; 0 without an answer
	Rows       int64   `json:"rows"`        // acknowledged
	Cold       *bool   `json:"cold_start"`  // null where neither the function nor Lambda tells
	Outcome    Outcome `json:"outcome"`
	// Environment is the execution environment that answered; empty without an answer.
	Environment string `json:"environment_id,omitempty"`
}

// SamplesKept bounds a scenario's InvocationSamples.
const SamplesKept = 2000
