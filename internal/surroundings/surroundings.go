// Package surroundings lists environment variables that users may have set for other work
// (variables.csv). Tests use it to show that none of them affects this program unless it
// should.
package surroundings

import (
	"embed"
	"encoding/csv"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Variable is a line of variables.csv, whose comments explain the columns.
type Variable struct {
	Set, Name         string
	Nonsense, Hostile string
	Counts            []Place
}

// Place is a kind of run on which a variable has an effect.
type Place struct {
	Name    string // local, url, cluster, aws or telemetry
	Refused bool   // a nonsense value is an error
	Idle    bool   // the program reports that the variable has no effect
}

//go:embed variables.csv all:files
var list embed.FS

// All returns the variables of the list, in its order. The files that they name are copies
// for this test.
func All(t testing.TB) []Variable {
	t.Helper()
	file, err := list.Open("variables.csv")
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(file)
	reader.Comment, reader.FieldsPerRecord = '#', 5
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	paths := strings.NewReplacer("{files}", filepath.Join(folder, "files"), "{missing}", filepath.Join(folder, "missing"))
	copyFiles(t, "files", folder)
	all := make([]Variable, len(lines))
	for i, l := range lines {
		all[i] = Variable{Set: l[0], Name: l[1], Nonsense: paths.Replace(l[2]), Hostile: paths.Replace(l[3]), Counts: places(l[4])}
	}
	return all
}

func places(text string) []Place {
	var all []Place
	for word := range strings.FieldsSeq(text) {
		name := strings.TrimRight(word, "!?")
		all = append(all, Place{Name: name, Refused: strings.HasSuffix(word, "!"), Idle: strings.HasSuffix(word, "?")})
	}
	return all
}

func copyFiles(t testing.TB, from, to string) {
	t.Helper()
	entries, err := list.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(to, from), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := path.Join(from, e.Name())
		if e.IsDir() {
			copyFiles(t, name, to)
			continue
		}
		text, err := list.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// At returns the effect of v at a place; counts is false if it has none.
func (v Variable) At(place string) (at Place, counts bool) {
	for _, p := range v.Counts {
		if p.Name == place {
			return p, true
		}
	}
	return Place{}, false
}

// Value returns the nonsense or the hostile value of v.
func (v Variable) Value(kind string) string {
	if kind == "nonsense" {
		return v.Nonsense
	}
	return v.Hostile
}
