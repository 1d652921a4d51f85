package screen

import (
	"os"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// WindowSeconds is how many seconds the latencies on the screen look back.
const WindowSeconds = 10

const (
	every  = 250 * time.Millisecond // between two calls of source
	frames = 10                     // a second at most
	// firstFrame bounds the wait for the first frame: before it, no line can be printed
	// above the screen.
	firstFrame = 2 * time.Second
)

// Screen shows a State on a terminal, below the text that was there before. It reads no input:
// the terminal still turns Ctrl-C into an interrupt, and other keys are only not echoed.
type Screen struct {
	terminal *terminal
	program  *tea.Program
	done     chan struct{}

	mu   sync.Mutex // guards live; held during a write, so that Stop waits for it
	live bool
}

// Start shows the State that source returns, on f, which must be Usable. One goroutine calls
// source several times a second.
func Start(f *os.File, source func() State) *Screen {
	s := &Screen{terminal: newTerminal(f), done: make(chan struct{}), live: true}
	s.terminal.silence()
	s.program = tea.NewProgram(model{source: source, state: source()},
		tea.WithInput(nil), tea.WithOutput(s.terminal), tea.WithoutSignalHandler(), tea.WithFPS(frames))
	go func() {
		defer close(s.done)
		// An error is a failure of the terminal. The run goes on without a screen.
		_, _ = s.program.Run()
	}()
	select {
	case <-s.terminal.written:
	case <-s.done:
	case <-time.After(firstFrame):
	}
	return s
}

// Write prints whole lines above the screen, where they stay.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return s.terminal.File.Write(p)
	}
	if text := strings.Trim(string(p), "\n"); text != "" {
		s.program.Send(tea.Println(text)())
	}
	return len(p), nil
}

// Stop draws the last frame, which stays, and gives the terminal back. It may be called
// again.
func (s *Screen) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return
	}
	s.live = false
	s.program.Send(endMsg{})
	<-s.done
	s.terminal.restore()
}

// Release gives the terminal back at once, before os.Exit.
func (s *Screen) Release() {
	_, _ = s.terminal.File.WriteString("\r\n\x1b[?25h") // the cursor is visible again
	s.terminal.restore()
}

type (
	tickMsg struct{}
	endMsg  struct{}
)

// model makes a bubbletea model of a State.
type model struct {
	source        func() State
	state         State
	width, height int
}

func tick() tea.Cmd { return tea.Tick(every, func(time.Time) tea.Msg { return tickMsg{} }) }

func (m model) Init() tea.Cmd { return tick() }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		if m.state.Ended {
			return m, nil // it came before the program quit
		}
		m.state = m.source()
		return m, tick()
	case endMsg:
		m.state = m.source()
		m.state.Ended = true
		return m, tea.Quit
	}
	return m, nil
}

func (m model) View() tea.View {
	if m.width == 0 {
		return tea.NewView("") // the size comes first
	}
	v := tea.NewView(View(m.state, m.width, m.height))
	v.DisableBracketedPasteMode = true
	return v
}
