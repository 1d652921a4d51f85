package child

import (
	"os"
	"slices"
	"strings"
)

// kept returns the user's variables that every child process gets: the folders of
// programs, the user and temporary files, the locale, and what the Go runtime and the
// loader of shared libraries read. A PostgreSQL that the user built may need the last.
func kept() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_*",
		"GODEBUG", "GOTRACEBACK", "GOCOVERDIR", "GORACE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
	}
}

// Environment is that of a process of ours: of this process's variables those that
// any program needs, then own. Nothing else that is set for other work reaches it.
func Environment(own ...string) []string { return append(Variables(kept()...), own...) }

// WayOut are the variables by which a process reaches what isn't on this machine:
// proxies and certificates.
func WayOut() []string {
	return append(Variables("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"), Certificates()...)
}

// Certificates are the variables that name the roots which TLS trusts.
func Certificates() []string { return Variables("SSL_CERT_FILE", "SSL_CERT_DIR") }

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
