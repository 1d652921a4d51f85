// Package screentest gives tests a pseudo-terminal.
package screentest

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"

	"dsql-load-test/internal/eventually"
)

// nudgeEvery is how often Await has the whole frame drawn anew.
const nudgeEvery = 3 * time.Second

// Terminal is a pseudo-terminal: what a program draws on Side is kept.
type Terminal struct {
	Side *os.File // the program's
	t    testing.TB
	user *os.File

	columns, lines int

	mu    sync.Mutex
	drawn bytes.Buffer
}

// Open makes a terminal of that size, until the test ends.
func Open(t testing.TB, columns, lines int) *Terminal {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals on this machine: %v", err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(user.Fd()), unix.TIOCGPTN)
	must(err)
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	p := &Terminal{Side: side, t: t, user: user}
	p.Resize(columns, lines)
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read()
	}()
	t.Cleanup(func() {
		_ = side.Close() // reading ends with the last of its holders
		<-read
		_ = user.Close()
	})
	return p
}

func (p *Terminal) read() {
	buffer := make([]byte, 4096)
	for {
		n, err := p.user.Read(buffer)
		p.mu.Lock()
		p.drawn.Write(buffer[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Resize changes the size; the kernel tells the programs in the foreground.
func (p *Terminal) Resize(columns, lines int) {
	p.t.Helper()
	p.columns, p.lines = columns, lines
	size := &unix.Winsize{Col: uint16(columns), Row: uint16(lines)}
	if err := unix.IoctlSetWinsize(int(p.user.Fd()), unix.TIOCSWINSZ, size); err != nil {
		p.t.Fatal(err)
	}
}

// Type is what the user does.
func (p *Terminal) Type(keys string) {
	p.t.Helper()
	if _, err := p.user.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// Drawn is all that was written so far, controls included.
func (p *Terminal) Drawn() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drawn.String()
}

// Await waits until all texts are drawn behind the first from bytes, in any order, and
// returns how many bytes there are then. A frame draws only what changed, so that a text
// may come in pieces: every few seconds Await changes the terminal's size by a line, and
// the whole frame is drawn anew.
func (p *Terminal) Await(from int, texts ...string) (drawn int) {
	p.t.Helper()
	nudge, wider := time.Now().Add(nudgeEvery), 1
	eventually.Nil(p.t, func() error {
		if time.Now().After(nudge) {
			p.Resize(p.columns, p.lines+wider)
			nudge, wider = time.Now().Add(nudgeEvery), -wider
		}
		all := p.Drawn()
		drawn = len(all)
		text := ansi.Strip(all[from:])
		missing := slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return strings.Contains(text, t) })
		if len(missing) > 0 {
			return fmt.Errorf("no %q in:\n%q", missing, all[from:])
		}
		return nil
	})
	return drawn
}

// Cooked reports whether the terminal is as a shell leaves it: it echoes, makes
// lines and turns Ctrl-C and Ctrl-Z into signals.
func (p *Terminal) Cooked() bool {
	p.t.Helper()
	modes, err := unix.IoctlGetTermios(int(p.user.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	const want = unix.ECHO | unix.ICANON | unix.ISIG
	return modes.Lflag&want == want && modes.Oflag&unix.OPOST != 0 && modes.Cc[unix.VSUSP] != 0
}

// CursorVisible reports whether the cursor was shown last, or never hidden.
func (p *Terminal) CursorVisible() bool {
	drawn := p.Drawn()
	return strings.LastIndex(drawn, "\x1b[?25h") >= strings.LastIndex(drawn, "\x1b[?25l")
}

// AwaitCursor waits until the cursor is visible.
func (p *Terminal) AwaitCursor() {
	p.t.Helper()
	eventually.Nil(p.t, func() error {
		if !p.CursorVisible() {
			return fmt.Errorf("the cursor is hidden after:\n%q", p.Drawn())
		}
		return nil
	})
}

// Asked reports whether something was asked of the terminal: the reply would
// end up in the user's shell.
func (p *Terminal) Asked() bool {
	drawn := p.Drawn()
	for _, query := range []string{"$p", "\x1b[c", "\x1b[6n", "\x1b[?u", "\x1b[>q", "\x1b]11;?"} {
		if strings.Contains(drawn, query) {
			return true
		}
	}
	return false
}
