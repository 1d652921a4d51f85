package telemetry

import (
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// Each group has a trace id of its own, which is never zero, and whose first half is the
// invocation's.
func TestGroupTrace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, of string
		group    int64
		want     string
	}{
		{"the invocation's own", "0102030405060708090a0b0c0d0e0f10", 0, "0102030405060708090a0b0c0d0e0f10"},
		{"the next one", "0102030405060708090a0b0c0d0e0f10", 1, "0102030405060708090a0b0c0d0e0f11"},
		{"over bytes", "0102030405060708090a0b0c0dffffff", 2, "0102030405060708090a0b0c0e000001"},
		{"the last one", "0102030405060708fffffffffffffffe", 1, "0102030405060708ffffffffffffffff"},
		{"past zero", "0102030405060708ffffffffffffffff", 1, "01020304050607080000000000000001"},
		{"further past zero", "0102030405060708ffffffffffffffff", 1000, "010203040506070800000000000003e8"},
		{"from zero, which another tracer may choose", "01020304050607080000000000000000", 1, "01020304050607080000000000000001"},
	} {
		of, err := trace.TraceIDFromHex(tc.of)
		if err != nil {
			t.Fatal(err)
		}
		if got := GroupTrace(of, tc.group).String(); got != tc.want {
			t.Errorf("%s: group %d of %s has the id %s, want %s", tc.name, tc.group, tc.of, got, tc.want)
		}
	}
}

// Groups around the wrap have as many ids.
func TestGroupTracesDiffer(t *testing.T) {
	t.Parallel()
	const groups = 2000
	of, err := trace.TraceIDFromHex("0102030405060708fffffffffffffc00")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[trace.TraceID]bool{}
	for n := range int64(groups) {
		id := GroupTrace(of, n)
		if [8]byte(id[8:]) == [8]byte{} {
			t.Errorf("the second half of group %d's id is zero", n)
		}
		seen[id] = true
	}
	if len(seen) != groups {
		t.Errorf("%d ids of %d groups", len(seen), groups)
	}
}
