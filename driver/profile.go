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

// checkAWS notes what is wrong with the AWS configuration for u: with the --profile,
// else with the rest.
func (f *faults) checkAWS(u awsconfig.Use) {
	if u.Profile == "" && f.set.Changed("profile") {
		f.must(false, "profile", u.Profile, "an AWS profile's name, or left out")
		return
	}
	u.ProfileFrom = named(f.set, "profile")
	f.all = append(f.all, awsconfig.Check(u))
}

// checkAWS is that of a command that looks at nothing else.
func checkAWS(s *pflag.FlagSet, profile string) error {
	all := &faults{set: s}
	all.checkAWS(awsconfig.Use{Profile: profile})
	return all.err()
}
