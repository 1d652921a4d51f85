//go:build unix

package screen

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Usable reports whether w is a terminal that a screen can be drawn on, and this
// program is the one in its foreground. getenv reads TERM.
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

// foreground: only then may the terminal's modes be changed. A job in the
// background would be stopped for it.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// terminal is the file that the screen is on. It notes the first write.
type terminal struct {
	*os.File
	once    sync.Once
	written chan struct{}
	before  *unix.Termios // nil when the modes weren't changed
}

func newTerminal(f *os.File) *terminal { return &terminal{File: f, written: make(chan struct{})} }

func (t *terminal) Write(p []byte) (int, error) {
	defer t.once.Do(func() { close(t.written) })
	return t.File.Write(p)
}

// silence turns the echo off, so that what is typed doesn't spoil the screen, and
// Ctrl-Z: it would leave a hidden cursor to the shell, and a load test that stood
// still has nothing to tell. Everything else stays: lines, the other signals, what
// comes out.
func (t *terminal) silence() {
	modes, err := unix.IoctlGetTermios(int(t.Fd()), getModes)
	if err != nil {
		return // not worth a word: the screen works with an echo too
	}
	before := *modes
	modes.Lflag &^= unix.ECHO
	modes.Cc[unix.VSUSP] = disabled
	if unix.IoctlSetTermios(int(t.Fd()), setModes, modes) == nil {
		t.before = &before
	}
}

// restore undoes silence, unless somebody else has the terminal now, and with
// it modes of their own.
func (t *terminal) restore() {
	if t.before != nil && foreground(t.File) {
		_ = unix.IoctlSetTermios(int(t.Fd()), setModes, t.before) // it worked the other way round
	}
}
