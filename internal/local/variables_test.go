package local

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/surroundings"
)

// No process of a local run gets a variable of the list that doesn't count there, none
// of AWS's, of which the region counts in the driver alone,
// nor that of telemetry while the function exports nothing itself.
func TestVariablesOfProcesses(t *testing.T) {
	target := Target{DatabaseURL: "postgres:///postgres?host=/tmp/x", Options: Options{EnvConcurrency: 1}}
	processes := func() []string { return child.Environment(target.environment()...) }
	want := processes()
	for _, v := range surroundings.All(t) {
		_, local := v.At("local")
		_, observed := v.At("telemetry")
		if local && v.Set != "aws" || v.Set == "otel" && observed {
			continue
		}
		for _, kind := range []string{"nonsense", "hostile"} {
			t.Run(v.Name+"/"+kind, func(t *testing.T) {
				t.Setenv(v.Name, v.Value(kind))
				if diff := cmp.Diff(want, processes()); diff != "" {
					t.Errorf("-without +with\n%s", diff)
				}
			})
		}
	}
}
