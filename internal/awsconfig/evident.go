package awsconfig

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
)

// Evident reports whether the environment or the files of AWS tools have credentials or name
// their source. It makes no call, so it doesn't find the credentials of a machine's role.
func Evident(getenv func(string) string) bool {
	for _, variable := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		if getenv(variable) != "" {
			return true
		}
	}
	source := regexp.MustCompile(`(?m)^\s*(aws_access_key_id|credential_process|credential_source|role_arn|sso_\w+|login_session)\s*=`)
	for variable, usual := range map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"} {
		file := cmp.Or(getenv(variable), filepath.Join(getenv("HOME"), ".aws", usual))
		if text, err := os.ReadFile(file); err == nil && source.Match(text) { // the first call reports an unreadable file
			return true
		}
	}
	return false
}
