// Package scratch makes temporary folders that don't outlive the program, also
// when it is killed: a child process makes each, and removes it when the program
// is gone.
package scratch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"dsql-load-test/internal/local/child"
)

// Role is the child role of the process that keeps a folder; see Keep.
const Role = "scratch"

// prefix is the variable that says what the folder's name begins with.
const prefix = "DSQLLOAD_SCRATCH"

// making and removal bound the waits for the folder and for its end.
const (
	making  = 30 * time.Second
	removal = 10 * time.Second
)

// Folder is a temporary folder.
type Folder struct {
	Path  string
	child *child.Process
	ended chan error
}

// Make makes a folder whose name begins with name. Remove must be called.
func Make(name string) (*Folder, error) {
	p, err := child.Command(Role, prefix+"="+name)
	if err != nil {
		return nil, err
	}
	stdout, err := p.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	f := &Folder{child: p, ended: make(chan error, 1)}
	answer := bufio.NewReader(stdout)
	late := time.AfterFunc(making, func() { _ = stdout.Close() })
	line, err := answer.ReadString('\n')
	late.Stop()
	go func() {
		rest, _ := io.ReadAll(answer) // what a removal that failed says
		err := p.Wait()
		if text := strings.TrimSpace(string(rest)); text != "" {
			err = errors.New(text)
		}
		f.ended <- err
	}()
	path, made := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "made ")
	if err != nil || !made {
		return nil, errors.Join(fmt.Errorf("temporary folder: %s", strings.TrimSpace(line)), f.Remove())
	}
	f.Path = path
	return f, nil
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	_ = f.child.Stdin.Close() // it may be closed: the child is gone then
	select {
	case err := <-f.ended:
		return err
	case <-time.After(removal):
		return fmt.Errorf("%s could not be removed in %v", f.Path, removal)
	}
}

// Keep is the life of the process that keeps a folder.
func Keep() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP) // the program's end is what counts
	folder, err := os.MkdirTemp("", os.Getenv(prefix))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made " + folder)
	child.ParentGone()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Println(err)
	}
}
