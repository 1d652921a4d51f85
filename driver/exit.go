package main

import (
	"context"
	"fmt"

	"dsql-load-test/internal/run"
)

// The exit codes.
const (
	exitComplete    = 0   // the command did its work; for a run: each planned row was acknowledged, no check failed
	exitIncomplete  = 1   // the command or the run failed, or is incomplete
	exitUsage       = 2   // nothing was started
	exitThreshold   = 99  // a threshold wasn't met
	exitInterrupted = 130 // stopped by a signal
)

// exitError ends the program with a code. err is printed unless it is nil.
// Commands return it through cobra to program in main.go, the only place that looks at the code.
// A plain error comes from cobra itself, which checks arguments and flags first.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d: %v", e.code, e.err) }
func (e *exitError) Unwrap() error { return e.err }

// exit makes an error one that ends the program with code; nil stays nil.
func exit(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: code, err: err}
}

// usage is for an error found before anything was started or changed, incomplete for a later
// one.
func usage(err error) error      { return exit(exitUsage, err) }
func incomplete(err error) error { return exit(exitIncomplete, err) }

// stopped makes an error one that ends the program with exitInterrupted if ctx was
// cancelled, else with exitIncomplete.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit(exitInterrupted, err)
	}
	return incomplete(err)
}

// exitOf returns the exit of a run that ended like e; nil if it is complete.
func exitOf(e run.Ended) error {
	if e.End == run.Complete {
		return nil
	}
	return &exitError{code: codeOf(e.End), err: e.Err}
}

// codeOf returns the exit code of a run that ended like e.
func codeOf(e run.End) int {
	return map[run.End]int{
		run.Complete: exitComplete, run.Refused: exitUsage, run.ThresholdMissed: exitThreshold, run.Incomplete: exitIncomplete, run.Interrupted: exitInterrupted,
	}[e]
}
