// Package jsonlog makes a JSON record of each line of the messages that the program
// prints, for --log-format json.
package jsonlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"dsql-load-test/internal/quote"
)

// writer makes a JSON record of each line that is written to it.
type writer struct {
	logger *slog.Logger

	mu   sync.Mutex
	rest []byte // of a line that isn't whole yet
}

// New returns the writer for messages in the given format, text or json.
func New(format string, w io.Writer) (io.Writer, error) {
	switch format {
	case "text":
		return w, nil
	case "json":
		return &writer{logger: slog.New(slog.NewJSONHandler(quote.JSONWriter(w), nil))}, nil
	}
	return nil, fmt.Errorf("--log-format %s: must be text or json", format)
}

// OfRun is log with the run's id on every record.
func OfRun(log io.Writer, runID string) io.Writer {
	l, ok := log.(*writer)
	if !ok {
		return log
	}
	return &writer{logger: l.logger.With("run_id", runID)}
}

// Write implements io.Writer.
func (l *writer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		l.rest = append([]byte(nil), rest...)
		l.line(strings.TrimSpace(string(line)))
	}
}

// line logs a line at the level that its first word says.
func (l *writer) line(text string) {
	if text == "" {
		return
	}
	level := slog.LevelInfo
	for word, of := range map[string]slog.Level{"error: ": slog.LevelError, "warning: ": slog.LevelWarn} {
		if after, found := strings.CutPrefix(text, word); found {
			level, text = of, after
		}
	}
	l.logger.Log(context.Background(), level, text)
}
