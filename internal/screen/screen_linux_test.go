package screen

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/screen/screentest"
)

// TestMain is also the program that owns a terminal: a screen can only be drawn
// by one that is in the foreground.
func TestMain(m *testing.M) {
	if os.Getenv("SCREEN_TEST_DRAW") != "" {
		draw()
		return
	}
	os.Exit(m.Run())
}

// draw shows a screen on standard error until the commands on file 3 end: w puts
// lines above, x exits at once.
func draw() {
	f, ok := Usable(os.Stderr, os.Getenv)
	if !ok {
		_, _ = io.WriteString(os.Stderr, "not usable\n")
		return
	}
	var asked atomic.Int64
	s := Start(f, func() State {
		state := running()
		state.Elapsed = time.Duration(asked.Add(1)) * time.Second
		return state
	})
	commands := os.NewFile(3, "commands")
	buffer := make([]byte, 1)
	for {
		if n, err := commands.Read(buffer); n == 0 || err != nil {
			break
		}
		switch buffer[0] {
		case 'w':
			_, _ = io.WriteString(s, "\nsomething to know\nhint: and what to do\n")
		case 'x':
			s.Release()
			os.Exit(7)
		}
	}
	s.Stop()
	s.Stop()
	_, _ = io.WriteString(s, "after the end\n")
}

// drawing is a program with a screen on its terminal.
type drawing struct {
	*screentest.Terminal
	cmd      *exec.Cmd
	commands *os.File
}

func startDrawing(t *testing.T, env ...string) *drawing {
	t.Helper()
	tty := screentest.Open(t, 80, 24)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{"SCREEN_TEST_DRAW=1", "TERM=xterm-256color"}, env...)
	cmd.Stdin, cmd.Stderr = tty.Side, tty.Side
	cmd.ExtraFiles = []*os.File{reader}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = reader.Close() // the program has its own
	d := &drawing{tty, cmd, writer}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	return d
}

func (d *drawing) command(t *testing.T, c string) {
	t.Helper()
	if _, err := d.commands.WriteString(c); err != nil {
		t.Fatal(err)
	}
}

// end lets the program end, and returns its exit code.
func (d *drawing) end(t *testing.T) int {
	t.Helper()
	_ = d.commands.Close()
	_ = d.cmd.Wait() // the code says it
	return d.cmd.ProcessState.ExitCode()
}

func TestScreen(t *testing.T) {
	d := startDrawing(t)
	from := d.Await(0, "Ctrl-C: let the 904 in flight finish and report")
	if d.Cooked() || d.CursorVisible() {
		t.Error("the terminal shows what is typed, or its cursor, on the screen")
	}
	d.Type("noise\n")
	from = d.awaitTick(t, from)
	if strings.Contains(d.Drawn(), "noise") {
		t.Error("what was typed is on the screen")
	}
	d.command(t, "w")
	from = d.Await(from, "hint: and what to do", "Ctrl-C: let") // the frame's last text: from is behind it
	if text := ansi.Strip(d.Drawn()); !strings.Contains(text, "something to know") {
		t.Errorf("a line above is missing: %q", text)
	}
	d.Resize(40, 24)
	from = d.Await(from, "  309,876 of 1,000,000 rows, 1:29 left", "Ctrl-C: let") // on a line of its own now
	if code := d.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	d.Await(from, "after the end\r\n")
	if last := d.Drawn()[from:]; strings.Contains(ansi.Strip(last), "Ctrl-C") {
		t.Errorf("the last frame still tells of Ctrl-C: %q", last)
	}
	d.check(t)
}

// awaitTick waits for a further frame, and returns how many bytes there are then.
func (d *drawing) awaitTick(t *testing.T, from int) int {
	t.Helper()
	eventually.True(t, "a further frame", func() bool { return len(d.Drawn()) > from })
	return len(d.Drawn())
}

// check wants a terminal that a shell can go on with.
func (d *drawing) check(t *testing.T) {
	t.Helper()
	d.AwaitCursor()
	if !d.Cooked() || d.Asked() {
		t.Errorf("cooked %v, asked %v: %q", d.Cooked(), d.Asked(), d.Drawn())
	}
}

// A program that ends at once gives the terminal back too.
func TestRelease(t *testing.T) {
	d := startDrawing(t)
	d.Await(0, "Ctrl-C: let the 904 in flight finish and report")
	d.command(t, "x")
	if code := d.end(t); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	d.check(t)
}

func TestNoColor(t *testing.T) {
	colour := func(env ...string) bool {
		d := startDrawing(t, env...)
		d.Await(0, "Ctrl-C: let the 904 in flight finish and report")
		d.end(t)
		return strings.Contains(d.Drawn(), "\x1b[32m")
	}
	if !colour() {
		t.Error("no colour where it may be")
	}
	if colour("NO_COLOR=1") {
		t.Error("colour in spite of NO_COLOR")
	}
}

func TestUsable(t *testing.T) {
	if _, ok := Usable(io.Discard, os.Getenv); ok {
		t.Error("a writer that isn't a file")
	}
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	xterm := func(string) string { return "xterm" }
	if _, ok := Usable(file, xterm); ok {
		t.Error("a file that isn't a terminal")
	}
	// A terminal in whose foreground this test is not.
	if _, ok := Usable(screentest.Open(t, 80, 24).Side, xterm); ok {
		t.Error("somebody else's terminal")
	}
	d := startDrawing(t, "TERM=dumb")
	d.Await(0, "not usable")
	d.end(t)
}
