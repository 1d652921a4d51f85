package child

import (
	"os"
	"slices"
	"strings"
)

// kept are the variables that every process of ours gets of the user's: where
// programs, the user and temporary files are, the locale, and what the Go runtime
// and the loader of shared libraries read. A PostgreSQL of one's own may need the
// latter.
func kept() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_*",
		"GODEBUG", "GOTRACEBACK", "GOCOVERDIR", "GORACE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
	}
}

// Environment is that of a process of ours: of this process's variables those that
// any program needs, then own. Nothing else that is set for other work reaches it.
func Environment(own ...string) []string { return append(Variables(kept()...), own...) }

// Variables are those of this process whose names are given, NAME=value each; LC_*
// stands for all that begin with LC_.
func Variables(names ...string) []string {
	var found []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if slices.ContainsFunc(names, func(of string) bool {
			prefix, all := strings.CutSuffix(of, "*")
			return of == name || all && strings.HasPrefix(name, prefix)
		}) {
			found = append(found, variable)
		}
	}
	return found
}
