package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/worker"
)

// loggerOf is the function's logger with that LOG_LEVEL.
func loggerOf(level string, to *bytes.Buffer) *slog.Logger {
	return worker.NewLogger(to, func(name string) string { return map[string]string{"LOG_LEVEL": level}[name] })
}

// logged are the lines in b without their times.
func logged(b *bytes.Buffer) (lines []string) {
	for line := range strings.Lines(b.String()) {
		lines = append(lines, regexp.MustCompile(`^time=\S+ `).ReplaceAllString(strings.TrimSuffix(line, "\n"), ""))
	}
	return lines
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	const all = "debug info warn error"
	ignored := func(value string) []string {
		return []string{"level=WARN msg=\"a variable is ignored\" variable=LOG_LEVEL value=" + value +
			` allowed="debug, info, warn, error; as in Python also warning and critical, which is error"`}
	}
	for _, tc := range []struct {
		value, want string
		warnings    []string
	}{
		{"debug", all, nil},
		{"DEBUG", all, nil},
		{"", "info warn error", nil},
		{"info", "info warn error", nil},
		{"Info", "info warn error", nil},
		{"warn", "warn error", nil},
		{"WARNING", "warn error", nil},
		{"error", "error", nil},
		{"CRITICAL", "error", nil},
		{"verbose", "info warn error", ignored("verbose")},
		{" debug", "info warn error", ignored(`" debug"`)},
		{"info+2", "info warn error", ignored("info+2")},
		{"10", "info warn error", ignored("10")},
		{"x\nlevel=ERROR", "info warn error", ignored(`"x\nlevel=ERROR"`)},
	} {
		t.Run(tc.value, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			log := loggerOf(tc.value, &b)
			if diff := cmp.Diff(tc.warnings, logged(&b)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			b.Reset()
			log.Debug("debug")
			log.Info("info")
			log.Warn("warn")
			log.Error("error")
			var got []string
			for _, line := range logged(&b) {
				got = append(got, line[strings.LastIndex(line, "=")+1:])
			}
			if text := strings.Join(got, " "); text != tc.want {
				t.Errorf("logs %s, want %s", text, tc.want)
			}
		})
	}
}

// planted makes the third row a conflict, once, and refuses the sixth; the server's
// error quotes the row.
func (f fixture) planted() {
	f.t.Helper()
	f.Do("CREATE SEQUENCE nth")
	f.beforeInsert(`CASE nextval('nth')
		WHEN 3 THEN RAISE 'geheim %', NEW.event_data USING ERRCODE = '40001', DETAIL = 'geheim ' || NEW.id, HINT = 'geheim';
		WHEN 7 THEN RAISE 'geheim %', NEW.event_data USING ERRCODE = '54000', DETAIL = 'geheim ' || NEW.id, HINT = 'geheim';
		ELSE NULL; END CASE;`)
}

func TestFailedAttemptsAreLogged(t *testing.T) {
	t.Parallel()
	place := "level=DEBUG msg=\"attempt failed\" run_id=" + runID + " lambda_index=3 "
	conflict, refused := " attempt=1 outcome=failed kind=40001 sqlstate=40001", " attempt=1 outcome=failed kind=54000 sqlstate=54000"
	for name, tc := range map[string]struct {
		level string
		inv   bench.Invocation
		want  []string
	}{
		"individual": {"debug", invocation(bench.Individual, 3, 2), []string{place + "iteration=1 row=0" + conflict, place + "iteration=2 row=1" + refused}},
		"batch":      {"debug", invocation(bench.Batch, 6, 1), []string{place + "iteration=2 row=0" + conflict, place + "iteration=5 row=0" + refused}},
		"at info":    {"info", invocation(bench.Individual, 3, 2), nil},
		"by default": {"", invocation(bench.Individual, 3, 2), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.planted()
			var b bytes.Buffer
			f.w = worker.New(f.db, "env-0001", nil, loggerOf(tc.level, &b))
			r := f.invoke(context.Background(), tc.inv)
			if len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, "geheim {") || r.Retried["40001"] != 1 {
				t.Fatalf("errors %+v, retried %v: the secret isn't planted", r.Errors, r.Retried)
			}
			if diff := cmp.Diff(tc.want, logged(&b)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if strings.Contains(b.String(), "geheim") {
				t.Errorf("the log tells the server's message: %s", b.String())
			}
		})
	}
}

// A statement that skipped rows failed without an error of the database.
func TestAlreadyPresentIsLogged(t *testing.T) {
	t.Parallel()
	f := start(t)
	var b bytes.Buffer
	f.w = worker.New(f.db, "env-0001", nil, loggerOf("debug", &b))
	inv := invocation(bench.Batch, 1, 4)
	f.invoke(context.Background(), inv)
	f.invoke(context.Background(), inv)
	want := []string{fmt.Sprintf(`level=DEBUG msg="attempt failed" run_id=%s lambda_index=3 iteration=0 row=0 attempt=1 outcome=failed kind=already_present sqlstate=""`, runID)}
	if diff := cmp.Diff(want, logged(&b)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// asking counts what a logger is asked.
type asking struct {
	slog.Handler
	enabled, handled atomic.Int64
}

func (a *asking) Enabled(_ context.Context, level slog.Level) bool {
	a.enabled.Add(1)
	return level >= slog.LevelInfo
}

func (a *asking) Handle(context.Context, slog.Record) error {
	a.handled.Add(1)
	return nil
}

// At info the logger is asked once for a whole invocation.
func TestLoggingCostsNothingAtInfo(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.planted()
	var a asking
	f.w = worker.New(f.db, "env-0001", nil, slog.New(&a))
	f.invoke(context.Background(), invocation(bench.Individual, 20, 1))
	if enabled, handled := a.enabled.Load(), a.handled.Load(); enabled != 1 || handled != 0 {
		t.Errorf("asked %d times, %d records, want once and none", enabled, handled)
	}
}
