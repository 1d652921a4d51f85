package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A link of a document to a file or to a heading leads there.
func TestLinksInDocuments(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	seen := 0
	for _, file := range append(manuals(t), "../ARCHITECTURE.md") {
		for _, m := range link.FindAllStringSubmatch(document(t, file), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			seen++
			to := file
			if target != "" {
				to = filepath.Join(filepath.Dir(file), target)
			}
			switch _, err := os.Stat(to); {
			case err != nil:
				t.Errorf("%s: %s: %v", file, m[1], err)
			case anchor != "" && !slices.Contains(anchors(document(t, to)), anchor):
				t.Errorf("%s: %s: no such heading", file, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d links", seen)
	}
}

func document(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// anchors returns the names of a document's headings in links, as GitHub makes them.
func anchors(text string) (all []string) {
	heading, other := regexp.MustCompile(`(?m)^#+ (.*)$`), regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(other.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}
