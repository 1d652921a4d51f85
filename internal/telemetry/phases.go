package telemetry

import (
	"context"
	"sync"
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

// within is the phase that p's span lies below; empty for the attempt itself.
func (p Phase) within() Phase {
	switch p {
	case Connect:
		return Acquire
	case Token, DNS, Dial, TLS, Startup:
		return Connect
	}
	return ""
}

// Timing is one phase as it was.
type Timing struct {
	Phase      Phase
	Start, End time.Time
	Failed     bool
}

// Phases collects what one attempt spent its time on. It travels in the
// attempt's context. A nil Phases collects nothing.
type Phases struct {
	mu      sync.Mutex
	attempt int // rises with each Reset
	timings []Timing
}

type phasesKey struct{}

// WithPhases answers a context in which p collects.
func WithPhases(ctx context.Context, p *Phases) context.Context {
	return context.WithValue(ctx, phasesKey{}, p)
}

// PhasesIn is what collects in ctx; nil when nothing does.
func PhasesIn(ctx context.Context) *Phases {
	p, _ := ctx.Value(phasesKey{}).(*Phases)
	return p
}

// Reset forgets all: another attempt begins.
func (p *Phases) Reset() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt++
	p.timings = p.timings[:0]
}

// Attempt tells attempts apart: what a pool does in the background may end
// after the attempt that asked for it.
func (p *Phases) Attempt() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attempt
}

// Add notes a phase of the given attempt, unless another one has begun.
func (p *Phases) Add(attempt int, t ...Timing) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if attempt == p.attempt {
		p.timings = append(p.timings, t...)
	}
}

// StartOf is when the attempt's last phase of that name began, or other when it
// had none.
func (p *Phases) StartOf(name Phase, other time.Time) time.Time {
	if p == nil {
		return other
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.timings) - 1; i >= 0; i-- {
		if p.timings[i].Phase == name {
			return p.timings[i].Start
		}
	}
	return other
}

// appendTo copies the timings to dst.
func (p *Phases) appendTo(dst []Timing) []Timing {
	if p == nil {
		return dst
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(dst, p.timings...)
}
