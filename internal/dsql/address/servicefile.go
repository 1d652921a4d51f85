package address

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// servicesFault returns why a service file can't be read. It gives the number of a wrong line
// and not the text, which may hold a password.
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

// keySource returns the source of a key in pgx's configuration, for messages: the connection
// string, or the service file if the string doesn't have the key.
func (p place) keySource(key string) string {
	if strings.Contains(strings.ToLower(p.address), strings.ToLower(key)) || p.variables["PGSERVICE"] == "" && !strings.Contains(p.address, "service") {
		return "the connection string's key " + key
	}
	if strings.Contains(p.address, "servicefile") {
		return "the service's key " + key
	}
	return "the key " + key + " of the service in " + cmp.Or(p.variables["PGSERVICEFILE"], inHome(".pg_service.conf"))
}

// inHome returns the path of a file in the user's home; empty without a home.
func inHome(file string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, file)
}
