package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dsql-load-test/internal/progress"
)

// hangUps is the time in which several SIGHUP count as one: when a terminal is closed, both the
// terminal and its shell send one.
const hangUps = time.Second

// interruptible returns two contexts: the first interrupt cancels drain, the second ctx. The
// third ends the program at once; the processes of the local target notice that and clean up.
// SIGQUIT isn't caught, so that it still prints all goroutines.
func interruptible(parent context.Context, stderr io.Writer) (ctx, drain context.Context, stop func()) {
	return interrupted(parent, stderr, "waiting for the invocations in flight; again to give them up", "giving up the invocations in flight")
}

// interruptibleQuery is like interruptible for a command without invocations: the first
// interrupt cancels drain, the second ends the program at once.
func interruptibleQuery(parent context.Context, stderr io.Writer) (drain context.Context, stop func()) {
	_, drain, stop = interrupted(parent, stderr, "giving up the query in flight; again to end at once", "")
	return drain, stop
}

// interrupted is like interruptible. first and second are the messages at the first and the
// second interrupt; if second is empty, the second interrupt ends the program.
func interrupted(parent context.Context, stderr io.Writer, first, second string) (ctx, drain context.Context, stop func()) {
	ctx, kill := context.WithCancel(parent)
	drain, soft := context.WithCancel(ctx)
	// Room for the three interrupts that can matter: signal.Notify drops what doesn't fit.
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, interrupts()...)
	// Without this, SIGPIPE would end the program if the reader of stderr is gone, which
	// happens when a terminal is closed.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	// done asks the goroutine to end; ended says that it has.
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		countInterrupts(signals, done, func(n int) {
			switch {
			case n == 1:
				soft() // before the message, because a stopped terminal blocks it
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
		})
	}()
	return ctx, drain, func() {
		close(done)
		<-ended // the message about an interrupt is written before the program ends
		signal.Stop(signals)
		signal.Stop(pipe)
		kill()
	}
}

// countInterrupts calls each with the number of each interrupt, from 1, until done is closed.
// Several SIGHUP within hangUps are one interrupt.
func countInterrupts(signals <-chan os.Signal, done <-chan struct{}, each func(n int)) {
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
			each(n)
		case <-done:
			return
		}
	}
}

// interrupts returns the signals that ask the program to end. Under nohup SIGHUP is ignored and
// stays ignored.
func interrupts() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
