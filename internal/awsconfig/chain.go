package awsconfig

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/config"
)

// section is a profile as one of the files has it.
type section struct {
	file    string
	profile string
	keys    map[string]string
}

// sections are those of a profile, the one that goes over the other first. A file that
// can't be read is for the SDK to tell of.
func sections(profile string) []section {
	var all []section
	for _, f := range files() {
		if keys := f.keys(profile); len(keys) > 0 {
			all = append(all, section{f.path, profile, keys})
		}
	}
	slices.Reverse(all)
	return all
}

// fault is an error about a key: text goes on after its name.
func (s section) fault(key, text string, args ...any) error {
	return fmt.Errorf("%s, profile %s: %s%w", s.file, s.profile, key, fmt.Errorf(text, args...))
}

// blamed names the file and the key that err of loading a profile is about, in that
// profile or one that it takes its credentials from. It is nil where none is to blame.
func blamed(profile string, err error) error {
	for seen := map[string]bool{}; !seen[profile]; {
		seen[profile] = true
		source := ""
		for i, s := range sections(profile) {
			if fault := s.halfOf(err, i == 0); fault != nil {
				return fault
			}
			if next := s.keys["source_profile"]; source == "" && next != "" {
				if fault := s.sourceFault(next, err); fault != nil {
					return fault
				}
				source = next
			}
		}
		if source == "" {
			return nil
		}
		profile = source
	}
	return nil
}

// halfOf is about keys that only work together; those of credentials in the section that
// goes over the other.
func (s section) halfOf(err error, first bool) error {
	const id, secret = "aws_access_key_id", "aws_secret_access_key"
	_, hasID := s.keys[id]
	_, hasSecret := s.keys[secret]
	var role config.CredentialRequiresARNError
	needsRole := errors.As(err, &role) && role.Profile == s.profile && s.keys[role.Type] != ""
	switch {
	case first && hasID && !hasSecret:
		return s.fault(id, ": must go with %s, which is not set", secret)
	case first && hasSecret && !hasID:
		return s.fault(secret, ": must go with %s, which is not set", id)
	case needsRole:
		return s.fault(role.Type, ": must go with role_arn, which is not set")
	}
	return nil
}

// sourceFault is about the profile that credentials are taken from.
func (s section) sourceFault(source string, err error) error {
	var absent config.SharedConfigProfileNotExistError
	var role config.SharedConfigAssumeRoleError
	switch {
	case errors.As(err, &absent) && absent.Profile == source:
		return s.fault("source_profile", " = %s: there is no such AWS profile", source)
	case errors.As(err, &role) && role.Profile == source && role.Err == nil:
		return s.fault("source_profile", " = %s: must be a profile with credentials", source)
	}
	return nil
}
