package awsconfig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// variableFaults reports variables with invalid values, each with the allowed values. It
// doesn't show secrets.
func variableFaults() error {
	var faults []error
	for _, s := range settings() {
		faults = append(faults, fault(s.variable, s.check))
	}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL") {
			faults = append(faults, fault(name, address))
		}
	}
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		faults = append(faults, fault(variable, proxy))
	}
	return errors.Join(faults...)
}

// credentialFaults reports the faults of the variables for credentials. The SDK ignores
// them silently or finds them only when it needs the credentials.
func credentialFaults() error {
	id, key := setOf("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), setOf("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	const web, role, container = "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	switch {
	case id != "" && key == "":
		return fmt.Errorf("%s: must go with AWS_SECRET_ACCESS_KEY, which is not set", id)
	case id == "" && key != "":
		return fmt.Errorf("%s: must go with AWS_ACCESS_KEY_ID, which is not set", key)
	case id != "":
		return errors.Join(fault(id, sendable), fault(key, sendable), fault("AWS_SESSION_TOKEN", sendable))
	case os.Getenv(web) == "":
		return errors.Join(fault("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", must("a path that begins with /", func(v string) bool { return v[0] == '/' })),
			fault(container, containerAddress), fault("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", readable))
	case os.Getenv(role) == "":
		return fmt.Errorf("%s: must go with %s, which is not set", secret.FileOf(web, os.Getenv(web)), role)
	}
	return fault(web, readable)
}

// fault returns the error of check for the value of a variable; nil if it isn't set.
func fault(variable string, check func(string) error) error {
	if value := os.Getenv(variable); value != "" {
		if err := check(value); err != nil {
			return fmt.Errorf("%s%w", variable, err)
		}
	}
	return nil
}

// setOf returns the first of variables that is set; "" if none is.
func setOf(variables ...string) string {
	for _, name := range variables {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// listed is a hint.
const listed = "aws configure list-profiles lists them"

// explained replaces the text of an error from the SDK.
type explained struct {
	error
	sdk error
}

func (e *explained) Unwrap() error { return e.sdk }

// explain returns err, which loading a profile returned, with a text that names the variable
// or file that causes it.
func explain(err error, profile profile) error {
	var absent config.SharedConfigProfileNotExistError
	var file config.SharedConfigLoadError
	if err == nil {
		return nil
	}
	fault := blamed(profile.name, err)
	switch {
	case fault != nil && errors.As(err, &absent):
		return quote.Hint(&explained{fault, err}, "%s", listed)
	case fault != nil:
		return &explained{fault, err}
	case errors.As(err, &absent) && profile.from != "" && absent.Profile == profile.name:
		return quote.Hint(&explained{fmt.Errorf("%s = %s: there is no such AWS profile", profile.from, profile.name), err}, "%s", listed)
	case errors.As(err, &absent):
		return &explained{fmt.Errorf("there is no AWS profile %s", absent.Profile), err}
	case errors.As(err, &file):
		for _, f := range files() {
			if f.path == file.Filename && f.path == os.Getenv(f.variable) {
				return &explained{fmt.Errorf("%s%w", f.variable, secret.Unreadable(f.path, "a file that can be read", file.Err)), err}
			}
		}
		return &explained{fmt.Errorf("%s can't be read: %w", file.Filename, file.Err), err}
	}
	return &explained{fmt.Errorf("AWS profile %s (%s): %s", profile.name, fileNames(), strings.Join(strings.Fields(err.Error()), " ")), err}
}

// profile is the name of a profile and the variable or flag that gave it; from is empty if
// none did or the caller didn't name it.
type profile struct{ name, from string }

// defaultProfile is the variable that the SDK reads if AWS_PROFILE isn't set.
const defaultProfile = "AWS_DEFAULT_PROFILE"

func profileOf(o *config.LoadOptions, from string) profile {
	if o.SharedConfigProfile != "" {
		return profile{o.SharedConfigProfile, from}
	}
	variable := setOf("AWS_PROFILE", defaultProfile)
	return profile{cmp.Or(os.Getenv(variable), config.DefaultSharedConfigProfile), variable}
}

// absent returns the SDK's error if the profile is in neither file. The profile default
// may be missing.
func (p profile) absent(ctx context.Context) error {
	if p.name == config.DefaultSharedConfigProfile {
		return nil
	}
	_, err := config.LoadSharedConfigProfile(ctx, p.name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles, o.Logger = []string{files()[0].path}, []string{files()[1].path}, logging.Nop{}
	})
	if errors.As(err, new(config.SharedConfigProfileNotExistError)) {
		return err
	}
	return nil
}

func fileNames() string {
	all := files()
	return strings.Join(slices.Compact([]string{all[0].path, all[1].path}), ", ")
}
