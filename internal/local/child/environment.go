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

// Environment returns the variables of a child process: those of this process that any
// program needs, then own. Nothing else that the user has set reaches the child.
func Environment(own ...string) []string { return append(Variables(kept()...), own...) }

// WayOut returns the variables by which a process reaches other machines: proxies and
// certificates.
func WayOut() []string {
	return append(Variables("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"), Certificates()...)
}

// Certificates returns the variables that name the roots which TLS trusts.
func Certificates() []string { return Variables("SSL_CERT_FILE", "SSL_CERT_DIR") }

// Variables returns those variables of this process that have one of the names, each as
// NAME=value. LC_* means all names that begin with LC_.
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
