// Package jsonlog turns each line of the program's messages into a JSON record, for
// --log-format json.
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
	rest []byte // of an incomplete line
}

// New returns a writer for messages that writes them to w in the given format, text or json.
func New(format string, w io.Writer) (io.Writer, error) {
	switch format {
	case "text":
		return w, nil
	case "json":
		return &writer{logger: slog.New(slog.NewJSONHandler(quote.JSONWriter(w), nil))}, nil
	}
	return nil, fmt.Errorf("--log-format %s: must be text or json", format)
}

// OfRun returns a writer like log that adds the run's id to each record. Text has no records,
// so then it returns log.
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

// line logs a line. Its first word, "error:" or "warning:", sets the level.
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
