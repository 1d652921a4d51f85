// Package dockerignore gives tests the check that an image's build gets all of its sources.
package dockerignore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Check fails the test unless the ignore file lets in each folder that the program is built
// from. The file lists the folders that it lets in. root is the product's folder.
func Check(t *testing.T, root, file, program string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	let := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "!"); found {
			let[name] = true
		}
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", program)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(name, "dsql-load-test/"), "/")
		if !let[folder] {
			t.Errorf("package %s: %s keeps folder %s out of the build", name, file, folder)
		}
	}
}
