package schema_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the parts of the schemas that are made of the settings")

// golden compares a file with the text that remake returns, or writes that text.
func golden(t *testing.T, file string, remake func(old string) string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	made := remake(string(old))
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(made, string(old)); diff != "" {
		t.Errorf("%s: go test ./schema -update makes it anew\n-made +file\n%s", file, diff)
	}
}

// The schema of config.json has the properties that the table of settings makes.
func TestConfigIsOfTheSettings(t *testing.T) {
	golden(t, "config.schema.json", func(old string) string {
		head, _, _ := strings.Cut(old, "  \"properties\": {\n")
		return head + "  \"properties\": {\n" + fileSchema() + "\n  }\n}\n"
	})
}

// The schema of the results has the settings and their order from the table.
func TestResultsAreOfTheSettings(t *testing.T) {
	golden(t, "results.schema.json", func(old string) string {
		from := strings.Index(old, "\n    \"config\": {")
		to := from + strings.Index(old[from:], "\n    \"load\": {")
		part, made := old[from:to], resultsSchema()
		var required, properties []string
		for _, key := range resultsKeys() {
			required = append(required, `        "`+key+`"`)
			line := `        "` + key + `": ` + made[key]
			if made[key] == "" { // it is more than one setting
				line = regexp.MustCompile(`(?m)^        "` + key + `": \{(.*\}|\n(?s:.*?)^        \})`).FindString(part)
			}
			properties = append(properties, line)
		}
		head, _, _ := strings.Cut(part, `"required"`)
		part = head + "\"required\": [\n" + strings.Join(required, ",\n") + "\n      ],\n      \"properties\": {\n" +
			strings.Join(properties, ",\n") + "\n      }\n    },"
		return old[:from] + part + old[to:]
	})
}
