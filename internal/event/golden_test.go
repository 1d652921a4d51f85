package event

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
)

var updating = flag.Bool("update", false, "write the golden file")

// A seed keeps its rows, except for their dates: the file is older than the table of types
// and may only grow. In those days the dates came from the run's id and the row's position.
func TestSeedsGiveTheSameRows(t *testing.T) {
	const golden = "testdata/seeds.golden.txt"
	var b bytes.Buffer
	start := ulid.MustParse(run).Timestamp()
	for _, kind := range bench.EventTypes() {
		for _, seed := range []int64{0, 1, -7, 1 << 40} {
			g := generator(run, seed, kind)
			sum := sha256.New()
			for i := range 1000 {
				at := Position{WarmUp: i%7 == 0, Invocation: i / 100, Iteration: i / 10 % 10, Row: i % 10, Scenario: bench.Scenarios()[i%2]}
				e := g.Event(nil, at, start.Add(time.Duration(at.Iteration)*time.Millisecond+time.Duration(at.Row)*time.Microsecond))
				created, err := time.Parse(momentLayout, string(e.Moment))
				if err != nil {
					t.Fatal(err)
				}
				if i == 1 {
					fmt.Fprintf(&b, "%s %d: %s %q %s %s %s\n", kind, seed, e.ID, e.Name, e.Type, created.Format(time.RFC3339Nano), e.Data)
				}
				fmt.Fprintf(sum, "%s %q %s %s %s %s\n", e.ID, e.Name, e.Type, created, created, e.Data)
			}
			fmt.Fprintf(&b, "%s %d: 1000 rows %x\n", kind, seed, sum.Sum(nil))
		}
	}
	if *updating {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-golden +got: existing runs' rows can't be computed any more\n%s", diff)
	}
}
