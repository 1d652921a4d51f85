package main

import (
	"github.com/spf13/pflag"

	"dsql-load-test/internal/awsconfig"
)

// addProfile adds the flag that names the AWS profile; further is what else it
// does.
func addProfile(s *pflag.FlagSet, to *string, further string) {
	s.StringVar(to, "profile", "", "the AWS profile whose credentials are used, over those of the environment"+further+" (default AWS_PROFILE)")
}

// checkProfile notes the fault of a --profile.
func (f *faults) checkProfile(name string) {
	if !f.set.Changed("profile") {
		return
	}
	if name == "" {
		f.must(false, "profile", name, "an AWS profile's name, or left out")
		return
	}
	f.add("profile", name, awsconfig.CheckProfile(name))
}

// checkProfile is that of a command that looks at nothing else.
func checkProfile(s *pflag.FlagSet, name string) error {
	all := &faults{set: s}
	all.checkProfile(name)
	return all.err()
}
