package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dsql-load-test/internal/progress"
)

// hangUps is how long after a first SIGHUP others mean the same: a terminal that
// goes away sends one, and so does its shell.
const hangUps = time.Second

// interruptible returns two contexts: drain ends at the first interrupt, ctx at
// the second. A third ends the program where it stands; the local target's
// processes notice and clean up after themselves. SIGQUIT isn't caught: it is for
// a dump of all goroutines.
func interruptible(parent context.Context, stderr io.Writer) (ctx, drain context.Context, stop func()) {
	return interrupted(parent, stderr, "waiting for the invocations in flight; again to give them up", "giving up the invocations in flight")
}

// interruptibleQuery is interruptible for a command that has no invocations: it gives
// up its query at the first interrupt, and ends where it stands at the second.
func interruptibleQuery(parent context.Context, stderr io.Writer) (drain context.Context, stop func()) {
	_, drain, stop = interrupted(parent, stderr, "giving up the query in flight; again to end at once", "")
	return drain, stop
}

// interrupted is interruptible with what it says at the first interrupt and at the
// second; where that is empty the second ends the program.
func interrupted(parent context.Context, stderr io.Writer, first, second string) (ctx, drain context.Context, stop func()) {
	ctx, kill := context.WithCancel(parent)
	drain, soft := context.WithCancel(ctx)
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, interrupts()...)
	// A reader of our messages that is gone is no reason to end: whoever closes
	// the terminal ends a pipe's other side first.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	done, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		for n := range interruptsIn(signals, done) {
			switch {
			case n == 1:
				soft() // before the message, which a stopped terminal holds up
				fmt.Fprintln(stderr, "\ninterrupted: "+first)
			case n == 2 && second != "":
				kill()
				fmt.Fprintln(stderr, "\n"+second)
			default:
				if d, ok := stderr.(*progress.Display); ok {
					d.Release()
				}
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, drain, func() {
		close(done)
		<-told // what was said of an interrupt is written before the program ends
		signal.Stop(signals)
		signal.Stop(pipe)
		kill()
	}
}

// interruptsIn counts the interrupts from 1 on, until done is closed. Several hang-ups
// within a second are one.
func interruptsIn(signals <-chan os.Signal, done <-chan struct{}) iter.Seq[int] {
	return func(yield func(int) bool) {
		var hungUp time.Time
		for n := 1; ; n++ {
			select {
			case s := <-signals:
				if s == syscall.SIGHUP && time.Since(hungUp) < hangUps {
					n--
					continue
				}
				if s == syscall.SIGHUP {
					hungUp = time.Now()
				}
			case <-done:
				return
			}
			if !yield(n) {
				return
			}
		}
	}
}

// interrupts are the signals that ask a program to end. nohup has SIGHUP ignored,
// which stays so.
func interrupts() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
