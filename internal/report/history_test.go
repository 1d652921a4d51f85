package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHistory(t *testing.T) {
	time.Local = time.UTC
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	t.Chdir(folder)
	for name, from := range map[string]string{
		"results_20261123_200000.json": "everything.golden.json", "results_20251220_101112.json": "results_20251220_101112.json",
		"results_20261123_232338.json": "version_1.json", "results_20261123_213615.json": "version_1_early.json",
	} {
		text, err := os.ReadFile(filepath.Join(testdata, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"results_empty.json": "", "results_cut.json": "{\n\"run\": ", "results_4.json": `{"schema_version": 4}`, "config.json": "{}", "results_a.html": ""} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, err := ReadHistory(".")
	if err != nil {
		t.Fatal(err)
	}
	var text, encoded bytes.Buffer
	if err := h.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := h.JSON(&encoded); err != nil {
		t.Fatal(err)
	}
	var back History
	if err := json.Unmarshal(encoded.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*h, back); diff != "" {
		t.Errorf("-history +read back\n%s", diff)
	}
	h.Limit(1)
	if len(h.Runs) != 1 || h.Runs[0].File != "results_20261123_232338.json" || len(h.Unreadable) != 3 {
		t.Errorf("limited to one: %+v", h)
	}
	h.Limit(5)
	t.Chdir(filepath.Dir(testdata))
	sameAsFile(t, "history.golden.txt", text.Bytes())
}

func TestEmptyHistory(t *testing.T) {
	folder := t.TempDir()
	h, err := ReadHistory(folder)
	if err != nil {
		t.Fatal(err)
	}
	var text, encoded bytes.Buffer
	if err := h.Text(&text); err != nil || text.String() != "no results\n" {
		t.Errorf("%q, %v", text.String(), err)
	}
	if err := h.JSON(&encoded); err != nil || encoded.String() != "{\n  \"runs\": [],\n  \"unreadable\": []\n}\n" {
		t.Errorf("%q, %v", encoded.String(), err)
	}
	if _, err := ReadHistory(filepath.Join(folder, "missing")); err == nil {
		t.Error("a missing folder has a history")
	}
}
