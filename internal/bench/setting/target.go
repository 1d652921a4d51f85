package setting

import "dsql-load-test/internal/bench"

// inferTarget chooses AWS for a run that names what only AWS has: a function, a
// region or a profile by flag, or a function in the config file. --target decides
// instead, and so does an endpoint, which takes the place of AWS's; the config
// file's own target goes over its function, but not over flags.
func (v *Values) inferTarget() {
	const target, function = "target", "lambda_function_name"
	c := &v.Config
	var from string
	for _, flag := range []string{"profile", "region", "function-name"} { // of those given, the last of this list is named
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
