package invoke

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// A REPORT line is believed as far as Lambda can have written it.
func TestReport(t *testing.T) {
	const good = "REPORT RequestId: 8f5a\tDuration: 19.02 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB\tMax Memory Used: 48 MB\tInit Duration: 100.5 ms\n"
	whole := &bench.Report{Duration: 19020 * time.Microsecond, Billed: 20 * time.Millisecond, Init: 100500 * time.Microsecond, MemoryMB: 512, MaxMemoryMB: 48}
	for name, c := range map[string]struct {
		tail string
		want *bench.Report
	}{
		"whole":       {"START\n" + good, whole},
		"none":        {"START\nEND\n", nil},
		"negative":    {"REPORT RequestId: 1\tDuration: -1 ms\tBilled Duration: 20 ms\n", nil},
		"endless":     {"REPORT RequestId: 1\tDuration: 1e300 ms\tBilled Duration: 20 ms\n", nil},
		"infinite":    {"REPORT RequestId: 1\tDuration: Inf ms\n", nil},
		"no number":   {"REPORT RequestId: 1\tDuration: NaN ms\n", nil},
		"no numbers":  {"REPORT RequestId: 1\tDuration: long\n", nil},
		"not base64 ": {"\x00", nil},
	} {
		text := base64.StdEncoding.EncodeToString([]byte(c.tail))
		if c.tail == "\x00" {
			text = c.tail
		}
		if diff := cmp.Diff(c.want, report(text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
