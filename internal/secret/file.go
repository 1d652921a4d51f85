package secret

import (
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
