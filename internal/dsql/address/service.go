package address

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// servicesFault is why a file of services can't be read. Of a line it is the number: it
// may hold a password.
func servicesFault(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	within, number := false, 0
	for line := range strings.Lines(string(text)) {
		line, number = strings.TrimSpace(line), number+1
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			within = true
		case !within || !strings.Contains(line, "="):
			return fmt.Sprintf("%s, line %d: must be [service], or key=value below one", path, number)
		}
	}
	return path + " isn't a file of services"
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
