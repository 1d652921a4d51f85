package main

import (
	"github.com/spf13/pflag"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench/setting"
)

// addProfile adds the flag that names the AWS profile.
func addProfile(s *pflag.FlagSet, to *string) {
	setting.Own(s, "profile", to, "the AWS profile whose credentials are used, over those of the environment (default AWS_PROFILE)")
}

// checkAWS adds errors in the AWS configuration for u. given: there is a --profile, even if it
// is empty.
func (f *faults) checkAWS(u awsconfig.Use, given bool) {
	if u.Profile == "" && given {
		f.must(false, "profile", u.Profile, "an AWS profile's name, or left out")
		return
	}
	// So that an error names the flag or the variable that gave the profile.
	u.ProfileFrom = f.named("profile")
	f.all = append(f.all, awsconfig.Check(u))
}

// checkAWS checks the AWS configuration of a command with the flags s.
func checkAWS(s *pflag.FlagSet, profile string) error {
	all := faultsOf(s)
	all.checkAWS(awsconfig.Use{Profile: profile}, s.Changed("profile"))
	return all.err()
}
