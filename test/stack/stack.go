// Package stack runs the receivers of telemetry for tests: an OpenTelemetry Collector,
// Prometheus and Jaeger, as processes on this machine with the configuration files that
// docker compose mounts. Build makes the programs from the modules in this folder, each
// pinned to the version of the image in the compose file. Grafana isn't part of the stack.
package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// Stack is a running stack. Each has its own ports, so several can run at once.
type Stack struct {
	OTLPEndpoint        string // host:port of the collector, gRPC without TLS
	CollectorMetricsURL string // the collector's own metrics, as text
	PrometheusURL       string
	JaegerURL           string

	collector, prometheus, jaeger *process
}

// Start builds the programs if necessary and runs them until the test ends. A failed test
// shows the ends of their logs. with has variables for Jaeger's configuration, such as
// "JAEGER_MAX_TRACES=100".
func Start(tb testing.TB, with ...string) *Stack {
	tb.Helper()
	s, err := Open(tb.Context(), tb.TempDir(), with...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		s.Close()
		if !tb.Failed() {
			return
		}
		for _, p := range s.processes() {
			tb.Logf("log of %s:\n%s", p.name, p.logTail())
		}
	})
	return s
}

// Open is Start for a stack that many tests share: the caller must call Close. Data and logs
// go to the folder.
func Open(ctx context.Context, folder string, with ...string) (*Stack, error) {
	binaries, err := Build(ctx)
	if err != nil {
		return nil, err
	}
	var failures error
	for range 3 { // another process may take a port before the program does
		s, err := plan(binaries, folder)
		if err != nil {
			return nil, err
		}
		s.jaeger.env = append(s.jaeger.env, with...)
		if err = s.start(ctx); err == nil {
			return s, nil
		}
		s.Close()
		failures = errors.Join(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failures
}

func (s *Stack) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	results := make(chan error)
	for _, p := range s.processes() {
		go func() { results <- p.start(ctx) }()
	}
	var err error
	for range s.processes() {
		err = errors.Join(err, <-results)
	}
	return err
}

func (s *Stack) processes() []*process { return []*process{s.collector, s.prometheus, s.jaeger} }

// Close ends the processes.
func (s *Stack) Close() {
	for _, p := range s.processes() {
		p.kill()
	}
}

// KillCollector ends the collector like a crash: it loses all buffered telemetry.
func (s *Stack) KillCollector() { s.collector.kill() }

// RestartCollector starts it again after KillCollector, on the same ports.
func (s *Stack) RestartCollector(ctx context.Context) error { return s.collector.start(ctx) }

// StopJaeger ends Jaeger like docker compose: Jaeger may write its buffers first.
func (s *Stack) StopJaeger() error { return s.jaeger.stop() }

// KillJaeger ends Jaeger like a crash: all traces are lost.
func (s *Stack) KillJaeger() { s.jaeger.kill() }

// RestartJaeger starts it again after KillJaeger, on the same ports.
func (s *Stack) RestartJaeger(ctx context.Context) error { return s.jaeger.start(ctx) }

// PauseJaeger freezes Jaeger: connections stay open, but get no response.
func (s *Stack) PauseJaeger() error { return s.jaeger.signal(syscall.SIGSTOP) }

// ResumeJaeger continues a paused Jaeger.
func (s *Stack) ResumeJaeger() error { return s.jaeger.signal(syscall.SIGCONT) }

// JaegerSays waits until Jaeger's log contains the text.
func (s *Stack) JaegerSays(ctx context.Context, text string) error {
	for ; ; time.Sleep(20 * time.Millisecond) {
		log, err := os.ReadFile(s.jaeger.log)
		switch {
		case err != nil:
			return err
		case bytes.Contains(log, []byte(text)):
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("the log of Jaeger has no %q: %w", text, ctx.Err())
		}
	}
}

// PauseCollector freezes the collector: connections stay open, but get no response.
func (s *Stack) PauseCollector() error { return s.collector.signal(syscall.SIGSTOP) }

// ResumeCollector continues a paused collector.
func (s *Stack) ResumeCollector() error { return s.collector.signal(syscall.SIGCONT) }
