package report

import "testing"

func TestLambdas(t *testing.T) {
	for want, indices := range map[string][]int{
		"Lambda 3": {3}, "Lambda 3 and 7": {3, 7}, "Lambda 3, 7 and 9": {3, 7, 9}, "Lambda 3, 7 and 2 more": {3, 7, 9, 11},
	} {
		if got := lambdas(indices); got != want {
			t.Errorf("%v: %q, want %q", indices, got, want)
		}
	}
}
