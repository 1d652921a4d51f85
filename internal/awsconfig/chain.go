package awsconfig

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/config"
)

// section is the part of a file about one profile.
type section struct {
	file    string
	profile string
	keys    map[string]string
}

// sections returns the sections of a profile, the one that overrides the other first. It
// skips a file that can't be read: the SDK reports it.
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

// fault returns an error about a key; text follows the name of the key.
func (s section) fault(key, text string, args ...any) error {
	return fmt.Errorf("%s, profile %s: %s%w", s.file, s.profile, key, fmt.Errorf(text, args...))
}

// blamed returns an error with the file and the key that cause err, which loading a profile
// returned. It follows the profiles that the credentials come from. It returns nil if no key
// is the cause.
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

// halfOf returns an error if a key is set without the key that it needs. For access keys
// only the first section counts, because it overrides the other.
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

// sourceFault returns an error if the profile source, which credentials come from, causes
// err.
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
