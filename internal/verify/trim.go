package verify

import "dsql-load-test/internal/bench"

// Trim drops from a result what the verification doesn't need, once it has been noted and
// added up: the answers of 10,000 invocations take a hundred MiB or more. The response is
// replaced, not changed. What stays is what the journal has. The answer of a foreign function is
// small and stays whole.
func Trim(r *bench.Result) {
	a := r.Response
	if a == nil || a.Foreign() {
		return
	}
	r.Response = &bench.Response{Statements: a.Statements, Failed: a.Failed, Unknown: a.Unknown, EnvironmentID: a.EnvironmentID}
	for _, s := range a.Timeline {
		r.Response.Timeline = append(r.Response.Timeline, bench.Second{Unix: s.Unix, Statements: s.Statements})
	}
}
