package bench

import (
	"slices"
	"time"
)

// Phase names a part of an attempt.
type Phase string

// The phases. Connect is within Acquire; Token to Startup are within Connect.
const (
	Acquire Phase = "acquire" // waiting for a connection of the pool
	Connect Phase = "connect" // opening one
	Token   Phase = "token"   // making the IAM token
	DNS     Phase = "dns"
	Dial    Phase = "dial"
	TLS     Phase = "tls"
	Startup Phase = "startup" // PostgreSQL's, with authentication
	Prepare Phase = "prepare"
	Query   Phase = "query"
	Backoff Phase = "backoff" // waiting before another attempt
)

// Phases returns all phases.
func Phases() []Phase {
	return []Phase{Acquire, Connect, Token, DNS, Dial, TLS, Startup, Prepare, Query, Backoff}
}

// MaxPhases is the largest number of phases that a statement may have over all attempts.
const MaxPhases = 1000

// Known reports whether p is one of Phases.
func (p Phase) Known() bool { return slices.Contains(Phases(), p) }

// Within returns the phase that p is a part of; empty if p is a direct part of the attempt.
func (p Phase) Within() Phase {
	switch p {
	case Connect:
		return Acquire
	case Token, DNS, Dial, TLS, Startup:
		return Connect
	}
	return ""
}

// Timing is the measurement of one phase.
type Timing struct {
	Phase      Phase
	Start, End time.Time
	Failed     bool
}
