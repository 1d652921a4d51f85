package secret

import (
	"os"
	"path/filepath"
)

// FileOf is a variable that names a file with a secret in it, with its value where
// IsFile.
func FileOf(variable, value string) string {
	if IsFile(value) {
		return variable + " = " + value
	}
	return variable
}

// IsFile reports whether value, of a setting that names a file with a secret in it,
// may be shown: the secret itself may stand in the path's place. A path is what a
// file is found at, or a folder that it could be in. A key's text can begin with a /,
// but it is long.
func IsFile(value string) bool {
	if _, err := os.Stat(value); err == nil {
		return true
	}
	const shortestKey = 20
	folder, name := filepath.Split(value)
	_, err := os.Stat(folder)
	return err == nil && filepath.IsAbs(folder) && (folder != "/" || len(name) < shortestKey)
}
