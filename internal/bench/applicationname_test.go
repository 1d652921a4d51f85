package bench

import "testing"

func TestApplicationName(t *testing.T) {
	const longest = 63 // bytes: PostgreSQL cuts what is longer
	for id, want := range map[string]string{
		"01KAQ2V8ZZ5M2N0Q3R4S5T6V7W": "dsqlload/01KAQ2V8ZZ5M2N0Q3R4S5T6V7W",
		"":                           "dsqlload", "x'; DROP TABLE": "dsqlload", "01kaq2v8zz5m2n0q3r4s5t6v7w": "dsqlload",
	} {
		if got := ApplicationName(id); got != want || len(got) > longest {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}
