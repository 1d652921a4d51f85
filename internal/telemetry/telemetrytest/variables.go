package telemetrytest

// Reader returns a getenv function for variables given as name, value, name, value.
func Reader(pairs ...string) func(string) string {
	vars := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		vars[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return vars[name] }
}
