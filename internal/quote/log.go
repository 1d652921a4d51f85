package quote

import (
	"bytes"
	"io"

	"dsql-load-test/internal/secret"
)

// LogWriter returns a writer for a log.Logger that calls say with each message, with
// passwords masked.
func LogWriter(say func(text string)) io.Writer { return logWriter(say) }

type logWriter func(text string)

// Write implements io.Writer. A log.Logger calls it once for each message.
func (say logWriter) Write(b []byte) (int, error) {
	say(secret.Hide(string(bytes.TrimSpace(b))))
	return len(b), nil
}
