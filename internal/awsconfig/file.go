package awsconfig

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// file is one of the two configuration files that AWS tools read.
type file struct {
	path     string
	variable string // the variable that sets path
	prefix   string // before the profile's name in the name of a section
}

// files returns the config file and the credentials file.
func files() []file {
	return []file{
		{cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()), "AWS_CONFIG_FILE", "profile "},
		{cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()), "AWS_SHARED_CREDENTIALS_FILE", ""},
	}
}

// profileFaults reports keys of a profile with invalid values, each with its file. It skips
// a file that can't be read: the SDK reports it.
func profileFaults(profile string) error {
	var faults []error
	for _, f := range files() {
		keys := f.keys(profile)
		faults = append(faults, f.syntaxFault())
		for _, s := range settings() {
			if value := keys[s.key]; value != "" {
				if err := s.check(value); err != nil {
					faults = append(faults, fmt.Errorf("%s, profile %s: %s%w", f.path, profile, s.key, err))
				}
			}
		}
	}
	return errors.Join(faults...)
}

// keys returns the keys of a profile with their values; none if the file can't be read.
func (f file) keys(profile string) map[string]string {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil
	}
	keys := keysOf(string(text), f.prefix+profile)
	if profile == config.DefaultSharedConfigProfile && len(keys) == 0 {
		keys = keysOf(string(text), profile)
	}
	return keys
}

// syntaxFault reports the first invalid line of a file, which the SDK ignores silently. It
// names the line's number only, because the line may contain a secret.
func (f file) syntaxFault() error {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil // the SDK reports it if it needs the file
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "", strings.ContainsAny(line[:1], "#; \t"): // an indented line continues a value
		case line[0] == '[':
			if section, _, _ := strings.Cut(strings.ReplaceAll(line, ";", "#"), "#"); !strings.HasSuffix(strings.TrimSpace(section), "]") {
				return fmt.Errorf("%s, line %d: must be a section's name in brackets, and the closing one is missing", f.path, number)
			}
		case !strings.ContainsAny(line, "=:"):
			return fmt.Errorf("%s, line %d: must be [section] or key = value", f.path, number)
		}
	}
	return nil
}

// keysOf returns the keys of a section with their values, as the SDK reads them. It skips
// indented lines, which continue the value before them.
func keysOf(text, section string) map[string]string {
	keys, within := map[string]string{}, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "", strings.ContainsAny(line[:1], "#;"):
		case strings.HasPrefix(strings.TrimSpace(line), "["):
			name, _, _ := strings.Cut(strings.TrimSpace(line)[1:], "]")
			within = strings.Join(strings.Fields(name), " ") == section
		case within && !strings.ContainsAny(line[:1], " \t"):
			for _, comment := range []string{" #", " ;", "\t#", "\t;"} {
				line, _, _ = strings.Cut(line, comment)
			}
			if end := strings.IndexAny(line, "=:"); end > 0 {
				keys[strings.ToLower(strings.TrimSpace(line[:end]))] = strings.TrimSpace(line[end+1:])
			}
		}
	}
	return keys
}
