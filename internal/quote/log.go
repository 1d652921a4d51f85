package quote

import (
	"bytes"
	"io"

	"dsql-load-test/internal/secret"
)

// LogWriter hands each message of a log.Logger to say, which writes it its own way,
// passwords masked.
func LogWriter(say func(text string)) io.Writer { return logWriter(say) }

type logWriter func(text string)

// Write implements io.Writer. A log.Logger writes a message at once.
func (say logWriter) Write(b []byte) (int, error) {
	say(secret.Hide(string(bytes.TrimSpace(b))))
	return len(b), nil
}
