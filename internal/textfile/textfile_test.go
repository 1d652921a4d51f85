package textfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/textfile"
)

func TestRead(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := os.WriteFile(path, []byte(strings.Repeat("a", 2048)), 0o600); err != nil {
		t.Fatal(err)
	}
	text, modified, err := textfile.Read(path, "config file", 2048)
	if err != nil || len(text) != 2048 || modified.IsZero() {
		t.Errorf("%d bytes of %v, %v", len(text), modified, err)
	}
	for _, c := range []struct{ path, want string }{
		{path, path + ": not a config file: 2 KiB, at most 1 KiB are read"},
		{folder, folder + ": is a directory, not a config file"},
		{"/dev/zero", "/dev/zero: not a config file: more than 1 KiB"},
		{filepath.Join(folder, "b"), "open " + filepath.Join(folder, "b") + ": no such file or directory"},
	} {
		if _, _, err := textfile.Read(c.path, "config file", 1024); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
