// Package scratch makes temporary folders that go with the program, even if it is killed:
// a child process makes each folder, and removes it when the program has ended.
package scratch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
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

// news is what the child writes: first that the folder is there or why it isn't, and
// at its end why it could not be removed. Path is no text, for it need not be UTF-8.
type news struct {
	Path  []byte
	Error string
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
	answer := json.NewDecoder(stdout)
	late := time.AfterFunc(making, func() { _ = stdout.Close() })
	var made news
	if err := answer.Decode(&made); err != nil {
		made.Error = "temporary folder: the process that makes it ended early"
	}
	late.Stop()
	go func() {
		var last news
		_ = answer.Decode(&last) // none comes unless the removal fails
		err := p.Wait()
		if last.Error != "" {
			err = errors.New(last.Error)
		}
		f.ended <- err
	}()
	if made.Error != "" {
		return nil, errors.Join(errors.New(made.Error), f.Remove())
	}
	f.Path = string(made.Path)
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
	// The program's end is what counts, also while it is being told something.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	out := json.NewEncoder(os.Stdout)
	folder, err := New(os.TempDir(), os.Getenv(prefix))
	if err != nil {
		_ = out.Encode(news{Error: err.Error()}) // nobody else to tell
		return
	}
	_ = out.Encode(news{Path: []byte(folder)}) // the program's end is seen below
	child.ParentGone()
	if err := os.RemoveAll(folder); err != nil {
		_ = out.Encode(news{Error: err.Error()})
	}
}

// New makes a folder whose name begins with name in parent, for whoever removes it. Its
// path is absolute.
func New(parent, name string) (string, error) {
	absolute, err := filepath.Abs(parent)
	if err != nil {
		return "", Unusable(parent, err)
	}
	folder, err := os.MkdirTemp(absolute, name)
	if err != nil {
		return "", Unusable(absolute, err)
	}
	return folder, nil
}

// Cure is how an error of Unusable ends.
const Cure = "set TMPDIR to another one"

// Unusable is an error of the folder for temporary files, with its cure.
func Unusable(folder string, why error) error {
	if path := new(fs.PathError); errors.As(why, &path) {
		why = path.Err // the name of what was to be made in it says nothing
	}
	return fmt.Errorf("the temporary folder %s can't be used: %w; "+Cure, folder, why)
}
