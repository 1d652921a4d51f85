package secret

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileOf returns a variable that names a file with a secret, with its value if IsFile says
// that it may be shown.
func FileOf(variable, value string) string {
	if IsFile(value) {
		return variable + " = " + value
	}
	return variable
}

// IsFile reports whether value, of a setting that names a file with a secret, may be shown.
// A user may have set it to the secret itself by mistake. It may be shown if the file
// exists, or if its folder exists and the path is absolute. A key in base64 can begin with
// a / too, but it is long.
func IsFile(value string) bool {
	if _, err := os.Stat(value); err == nil {
		return true
	}
	const shortestKey = 20
	folder, name := filepath.Split(value)
	_, err := os.Stat(folder)
	return err == nil && filepath.IsAbs(folder) && (folder != "/" || len(name) < shortestKey)
}

// Certificates returns why a setting's file isn't one of certificates, or nil. The text of the
// error follows the name of the setting.
func Certificates(file string) error {
	text, err := os.ReadFile(file)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(text) {
		err = errors.New("there is none in it")
	}
	return Unreadable(file, "a file of certificates in PEM form", err)
}

// Unreadable returns the fault of a setting that names a file; nil if err is nil.
func Unreadable(file, allowed string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(" = %s: must be %s: %w", file, allowed, Cause(err))
}

// Cause returns why a file can't be read or written, without its path: the message has that
// already, or the file is a temporary one, whose name means nothing to a reader.
func Cause(err error) error {
	if path := new(fs.PathError); errors.As(err, &path) {
		return path.Err
	}
	return err
}
