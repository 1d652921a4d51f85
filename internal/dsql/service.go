package dsql

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// withLine is pgx's reason with what is wrong with the service file that it couldn't
// read. Of a line it is the number: it may hold a password.
func withLine(reason string) string {
	_, path, found := strings.Cut(reason, "failed to read service file: ")
	if !found {
		return reason
	}
	text, err := os.ReadFile(strings.TrimSuffix(path, ")"))
	if wrong := new(fs.PathError); errors.As(err, &wrong) {
		return reason + ": " + wrong.Err.Error()
	}
	within, number := false, 0
	for line := range strings.Lines(string(text)) {
		line, number = strings.TrimSpace(line), number+1
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			within = true
		case !within || !strings.Contains(line, "="):
			return fmt.Sprintf("%s: line %d: must be [service], or key=value below one", reason, number)
		}
	}
	return reason
}

// keySource is what a key of pgx's configuration comes from: the connection string, or
// the service file where that doesn't have it.
func (p place) keySource(key string) string {
	if strings.Contains(strings.ToLower(p.address), strings.ToLower(key)) || p.variables["PGSERVICE"] == "" && !strings.Contains(p.address, "service") {
		return "the connection string's key " + key
	}
	file := p.variables["PGSERVICEFILE"]
	if home, err := os.UserHomeDir(); file == "" && err == nil {
		file = filepath.Join(home, ".pg_service.conf")
	}
	if strings.Contains(p.address, "servicefile") {
		return "the service's key " + key
	}
	return "the key " + key + " of the service in " + file
}
