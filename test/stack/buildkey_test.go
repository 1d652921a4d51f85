package stack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v; want it to wait", err)
	}
	unlock()
	unlock, err = lock(t.Context(), path)
	if err != nil {
		t.Fatalf("lock after the unlock: %v", err)
	}
	unlock()
}

// TestKey: a change of the sources or the arguments changes the key.
func TestKey(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{}
	key := func(what string, args ...string) {
		t.Helper()
		k, err := module{"m", args}.key(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		if before, found := seen[k]; found {
			t.Errorf("%s has the key of %s", what, before)
		}
		seen[k] = what
	}
	write("go.mod", "module m\n")
	key("a module")
	key("the module with arguments", ".")
	write("go.sum", "x")
	key("the module with a sum")
	write("main.go", "package main\n")
	key("the module with a source")
	write("main.go", "package main // changed\n")
	key("the module with another source")
}
