package bench

// StreamedFree is how many bytes of each streamed answer Lambda doesn't bill: 6 MB (AWS Lambda
// pricing, "HTTP response stream"). As with memory, an MB is taken for 1024 x 1024 bytes.
const StreamedFree = 6 << 20

// StreamedBilled returns the bytes that Lambda bills of a streamed answer of n bytes.
func StreamedBilled(n int64) int64 { return max(0, n-StreamedFree) }

// Billed adds up the REPORT lines that Lambda writes to the invocations' logs, and the bytes of
// streamed answers.
type Billed struct {
	Invocations   int64   `json:"invocations"`    // with a REPORT line
	BilledSeconds float64 `json:"billed_seconds"` // by Lambda, rounded up to the millisecond each, with the Inits
	DurationMs    Stats   `json:"duration_ms"`
	InitMs        Stats   `json:"init_ms"` // of cold starts
	Inits         int64   `json:"inits"`   // invocations that started an environment
	// InitBilledSeconds is the part of BilledSeconds in which environments started. On AWS
	// every start is billed, because Billed Duration is Duration plus Init Duration, rounded
	// up. It is 0 with an emulator that doesn't bill starts, and nil in older files.
	InitBilledSeconds *float64 `json:"init_billed_seconds,omitempty"`
	MemoryMB          int64    `json:"memory_mb"`
	MaxMemoryMB       int64    `json:"max_memory_mb"` // most that an environment used
	// StreamedBytesBilled adds up what was streamed beyond StreamedFree bytes of each answer,
	// also of invocations without a REPORT line. It is absent if nothing was, and in older files.
	StreamedBytesBilled int64 `json:"streamed_bytes_billed,omitempty"`
}

// InitSeconds returns the part of BilledSeconds in which environments started.
func (b *Billed) InitSeconds() float64 {
	switch {
	case b.InitBilledSeconds != nil:
		return *b.InitBilledSeconds
	case b.Inits == 0 || b.InitMs.Avg == nil:
		return 0
	}
	return float64(b.Inits) * *b.InitMs.Avg / 1000
}

// Admission says how the fan-out reacted to throttled calls.
type Admission struct {
	Asked   int `json:"asked"`   // invocations that should be in flight at once
	Reached int `json:"reached"` // largest number in flight
	// Floor is the lowest limit that throttling caused; Asked without throttling.
	Floor        int     `json:"floor"`
	Backoffs     int64   `json:"backoffs"`       // times that the limit was lowered
	HeldSeconds  float64 `json:"held_seconds"`   // time with a limit below Asked
	FirstSendMs  float64 `json:"first_send_ms"`  // after the scenario's start
	SendSpreadMs float64 `json:"send_spread_ms"` // between the first and the last send of the first Asked ones
}

// InvocationSample is the timing of one invocation. Results hold at most SamplesKept of
// them, evenly spread over the indices.
type InvocationSample struct {
	Index      int     `json:"lambda_index"`
	SentMs     float64 `json:"sent_ms"`     // after the scenario's start
	LatencyMs  float64 `json:"latency_ms"`  // seen by the driver
	DurationMs float64 `json:"duration_ms"` // of the loop, by the function; 0 without an answer
	Rows       int64   `json:"rows"`        // acknowledged
	Cold       *bool   `json:"cold_start"`  // null if neither the function nor Lambda reports it
	Outcome    Outcome `json:"outcome"`
	// Environment is the execution environment that answered; empty without an answer.
	Environment string `json:"environment_id,omitempty"`
}

// SamplesKept bounds a scenario's InvocationSamples.
const SamplesKept = 2000
