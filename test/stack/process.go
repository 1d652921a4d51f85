package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is one of the programs. It can be stopped and started again.
type process struct {
	name  string
	path  string
	args  []string
	env   []string
	ready string // URL that answers 200 when the program can be used
	log   string // file; a restarted program adds to it

	cmd  *exec.Cmd
	done chan struct{} // closed when the program ended
}

// start starts the program and waits until it is ready.
func (p *process) start(ctx context.Context) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer log.Close() // the program has a descriptor of its own
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = attributes()
	p.done = make(chan struct{})
	started := make(chan error)
	go func() {
		// Linux ends the program with the thread that started it, not with this process, so
		// the thread must live as long as the program.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // it is ended by a signal, or await reports its log
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return p.await(ctx)
}

// await returns when the program is ready. If the program ended, the error has its log.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	err := Until(ctx, func() error {
		select {
		case <-p.done:
			cancel()
			return errEnded
		default:
			return get(ctx, p.ready, nil, nil)
		}
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w\n%s", p.name, err, p.logTail())
	}
	return nil
}

var errEnded = errors.New("it ended")

// signal sends the running program a signal.
func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// kill ends the program, running or paused, like a crash.
func (p *process) kill() {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended before
	<-p.done
}

// stop asks the program to end, and waits for its end.
func (p *process) stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s doesn't end", p.name)
	}
}

func (p *process) logTail() []byte {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return tail(text)
}

// tail returns the end of a program's output, short enough to read.
func tail(text []byte) []byte {
	const most = 8 << 10
	return text[max(0, len(text)-most):]
}
