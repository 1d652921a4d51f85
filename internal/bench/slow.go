package bench

import (
	"encoding/json"
	"math"
	"time"
)

// SlowLatency is the latency in milliseconds from which a statement counts as slow, or AutoSlow.
type SlowLatency float64

// AutoSlow means SlowFactor x the running median. It is the text "auto" in JSON and in flags. No
// duration has its value.
const AutoSlow SlowLatency = -math.MaxFloat64

const (
	// SlowFactor x the median of the acknowledged statements is slow with AutoSlow.
	SlowFactor = 5
	// SlowLeast is the number of acknowledged statements from which on a median is used.
	SlowLeast = 20
	// DefaultSlow is the default of --slow. AutoSlow uses it too while no median is known.
	DefaultSlow = 100 * time.Millisecond

	autoWord = "auto"
)

// Auto reports whether s is AutoSlow.
func (s SlowLatency) Auto() bool { return s == AutoSlow }

// Duration returns the latency; DefaultSlow for AutoSlow.
func (s SlowLatency) Duration() time.Duration {
	if s.Auto() {
		return DefaultSlow
	}
	return time.Duration(float64(s) * float64(time.Millisecond))
}

// String returns "auto" or a duration.
func (s SlowLatency) String() string {
	if s.Auto() {
		return autoWord
	}
	return s.Duration().String()
}

// MarshalJSON writes "auto" or a number of milliseconds.
func (s SlowLatency) MarshalJSON() ([]byte, error) {
	if s.Auto() {
		return json.Marshal(autoWord)
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads "auto" or a number of milliseconds. Like any number, it ignores null.
func (s *SlowLatency) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) == nil && word == autoWord {
		*s = AutoSlow
		return nil
	}
	return json.Unmarshal(text, (*float64)(s))
}

// SlowUs returns the latency in microseconds from which a statement counts as slow with AutoSlow.
func SlowUs(median time.Duration) int64 { return max(1, SlowFactor*median.Microseconds()) }
