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
	every  = 250 * time.Millisecond // between two looks at the source
	frames = 10                     // a second at most
	// firstFrame bounds the wait for the first frame, without which nothing can
	// be put above it.
	firstFrame = 2 * time.Second
)

// Screen keeps a State on a terminal, below what was written before. It reads
// no input: the terminal goes on turning Ctrl-C into an interrupt, and whatever
// is typed is only not shown.
type Screen struct {
	terminal *terminal
	program  *tea.Program
	done     chan struct{}

	mu   sync.Mutex // guards live, and that nothing is written above after the end
	live bool
}

// Start shows what source answers, asked several times a second from one
// goroutine, on f, which must be Usable.
func Start(f *os.File, source func() State) *Screen {
	s := &Screen{terminal: newTerminal(f), done: make(chan struct{}), live: true}
	s.terminal.silence()
	s.program = tea.NewProgram(model{source: source, state: source()},
		tea.WithInput(nil), tea.WithOutput(s.terminal), tea.WithoutSignalHandler(), tea.WithFPS(frames))
	go func() {
		defer close(s.done)
		// An error is the terminal's: nobody is left to see it, and the run goes on.
		_, _ = s.program.Run()
	}()
	select {
	case <-s.terminal.written:
	case <-s.done:
	case <-time.After(firstFrame):
	}
	return s
}

// Write puts whole lines above the screen, where they stay.
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

// Stop leaves the last frame behind and gives the terminal back. It may be
// called again.
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

// Release gives the terminal back at once, for a program that is about to exit
// whatever else goes on.
func (s *Screen) Release() {
	_, _ = s.terminal.File.WriteString("\r\n\x1b[?25h") // the cursor is visible again
	s.terminal.restore()
}

type (
	tickMsg struct{}
	endMsg  struct{}
)

// model is the State as bubbletea wants it.
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
