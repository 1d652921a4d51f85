// Package child starts this program once more in another role, as a child process that
// ends with its parent: the parent holds the child's standard input open, and the child
// ends when that closes, however the parent ended. A program that uses it must call the
// role's function at the beginning of main.
package child

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

const variable = "DSQLLOAD_ROLE"

// Role returns the role that this process was started for; empty for the program that a
// person started.
func Role() string { return os.Getenv(variable) }

// Process is a running child.
type Process struct {
	*exec.Cmd
	Stdin io.WriteCloser // closing it asks the child to end
}

// Command prepares a child of the given role. Its variables are those of Environment, and
// env. It has its own process group, so that a terminal's Ctrl-C reaches only the parent.
func Command(role string, env ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to start it as %s: %w", role, err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(Environment(variable+"="+role), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	return &Process{Cmd: cmd, Stdin: stdin}, nil
}

// ParentGone blocks until the parent has closed this process's standard input or died.
func ParentGone() {
	_, _ = io.Copy(io.Discard, os.Stdin) // an error means the same as the end
}
