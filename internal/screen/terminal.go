//go:build unix

package screen

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Usable reports whether w is a terminal that a screen can be drawn on, with this program in
// its foreground. getenv reads TERM.
func Usable(w io.Writer, getenv func(string) string) (*os.File, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, false
	}
	if name := getenv("TERM"); name == "" || name == "dumb" {
		return nil, false
	}
	return f, foreground(f)
}

// foreground reports whether this program is in the terminal's foreground. A program in the
// background must not change the terminal's modes: the system would stop it.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// terminal is the file that the screen is on. It closes written at the first write.
type terminal struct {
	*os.File
	once    sync.Once
	written chan struct{}
	before  *unix.Termios // nil if the modes weren't changed
}

func newTerminal(f *os.File) *terminal { return &terminal{File: f, written: make(chan struct{})} }

func (t *terminal) Write(p []byte) (int, error) {
	defer t.once.Do(func() { close(t.written) })
	return t.File.Write(p)
}

// silence turns off the echo, which would damage the screen, and Ctrl-Z, which would leave a
// hidden cursor to the shell and make the measurements worthless. Everything else stays as it
// is: line mode, the other signals, output.
func (t *terminal) silence() {
	modes, err := unix.IoctlGetTermios(int(t.Fd()), getModes)
	if err != nil {
		return // the screen works with an echo too
	}
	before := *modes
	modes.Lflag &^= unix.ECHO
	modes.Cc[unix.VSUSP] = disabled
	if unix.IoctlSetTermios(int(t.Fd()), setModes, modes) == nil {
		t.before = &before
	}
}

// restore undoes silence, unless another program has the terminal now and has set its own
// modes.
func (t *terminal) restore() {
	if t.before != nil && foreground(t.File) {
		_ = unix.IoctlSetTermios(int(t.Fd()), setModes, t.before) // setting modes worked before
	}
}
