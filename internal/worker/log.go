package worker

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"dsql-load-test/internal/bench"
)

const allowedLevels = "debug, info, warn, error; as in Python also warning and critical, which is error"

// NewLogger returns the function's logger, which writes lines of LOG_LEVEL or above to w. The
// default is info, also for an unknown level, about which it warns.
func NewLogger(w io.Writer, getenv func(string) string) *slog.Logger {
	value := getenv("LOG_LEVEL")
	level, known := levelOf(value)
	log := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
	if !known {
		log.Warn("a variable is ignored", "variable", "LOG_LEVEL", "value", value, "allowed", allowedLevels)
	}
	return log
}

// IsLevel reports whether value is one of the function's levels.
func IsLevel(value string) bool {
	_, known := levelOf(value)
	return known
}

// levelOf returns the level of that name; info for an unknown one.
func levelOf(value string) (level slog.Level, known bool) {
	level, known = map[string]slog.Level{
		"debug": slog.LevelDebug, "": slog.LevelInfo, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "warning": slog.LevelWarn, "error": slog.LevelError, "critical": slog.LevelError,
	}[strings.ToLower(value)]
	return level, known
}

// logFailed writes one line for each failed attempt of a statement, with the time at which it
// ended. The line of the last attempt shows how the statement ended, which may have failed
// although that attempt didn't. The database's message isn't logged, because it may quote a row.
func (w *Worker) logFailed(ctx context.Context, inv bench.Invocation, e *bench.Execution) {
	iteration, row := inv.Place(e.Number)
	for i := range e.Attempts {
		a := &e.Attempts[i]
		f := a.Failure
		if i == len(e.Attempts)-1 && f.Outcome == bench.Acknowledged {
			f = e.Failure
		}
		if f.Outcome == bench.Acknowledged {
			continue
		}
		line := slog.NewRecord(a.End, slog.LevelDebug, "attempt failed", 0)
		line.AddAttrs(
			slog.String("run_id", inv.RunID), slog.Int("lambda_index", inv.Index), slog.Int("iteration", iteration), slog.Int("row", row),
			slog.Int("attempt", i+1), slog.String("outcome", string(f.Outcome)), slog.String("kind", f.Kind), slog.String("sqlstate", f.SQLSTATE))
		_ = w.log.Handler().Handle(ctx, line) // as slog's own functions do
	}
}
