// Package scratch makes temporary folders that are removed when the program ends, even if
// it is killed: a child process makes each folder and removes it.
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

// prefix is the variable with the beginning of the folder's name.
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

// news is a line that the child writes: first the folder's path or an error, and at the
// end an error if the folder could not be removed. Path is bytes, because it may not be
// UTF-8.
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

// Remove removes the folder and everything in it.
func (f *Folder) Remove() error {
	_ = f.child.Stdin.Close() // it may be closed: the child is gone then
	select {
	case err := <-f.ended:
		return err
	case <-time.After(removal):
		return fmt.Errorf("%s could not be removed in %v", f.Path, removal)
	}
}

// Keep is the main function of the process that makes and removes a folder.
func Keep() {
	// Only the program's end ends this process, even while it writes to the program.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	out := json.NewEncoder(os.Stdout)
	folder, err := New(os.TempDir(), os.Getenv(prefix))
	if err != nil {
		_ = out.Encode(news{Error: err.Error()}) // the program may be gone
		return
	}
	_ = out.Encode(news{Path: []byte(folder)}) // ParentGone notices if the program is gone
	child.ParentGone()
	if err := os.RemoveAll(folder); err != nil {
		_ = out.Encode(news{Error: err.Error()})
	}
}

// New makes a folder in parent whose name begins with name, and returns its absolute
// path. The caller removes it.
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

// Cure is the end of the text of an Unusable error.
const Cure = "set TMPDIR to another one"

// Unusable returns the error of a temporary folder that can't be used, with its cure.
func Unusable(folder string, why error) error {
	if path := new(fs.PathError); errors.As(why, &path) {
		why = path.Err // the path of the file in it doesn't help
	}
	return fmt.Errorf("the temporary folder %s can't be used: %w; "+Cure, folder, why)
}
