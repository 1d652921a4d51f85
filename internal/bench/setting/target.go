package setting

import "dsql-load-test/internal/bench"

// inferTarget chooses AWS if a flag names a function, a region or a profile, or if the
// config file names a function. --target overrides all of them, and so does
// --endpoint-url, which replaces the endpoint of AWS. The config file's target overrides
// the function in the file, but not the flags.
func (v *Values) inferTarget() {
	const target, function = "target", "lambda_function_name"
	c := &v.Config
	var from string
	for _, flag := range []string{"profile", "region", "function-name"} { // a message names the last one that was given
		if v.Has(flag) {
			from = v.Named(flag)
		}
	}
	switch {
	case v.Has(target):
	case v.EndpointURL != "":
		if c.Origin[target] == "" {
			c.Origin[target] = v.Named("endpoint-url")
		}
	case from != "":
		c.Target, c.Origin[target], v.Inferred = bench.AWS, from, true
	case c.Origin[target] == "" && c.Origin[function] != "":
		c.Target, c.Origin[target], v.Inferred = bench.AWS, function+" in "+c.Origin[function], true
	}
}
