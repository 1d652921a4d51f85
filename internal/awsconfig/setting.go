package awsconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"dsql-load-test/internal/secret"
)

// setting is a setting of the AWS SDK that can be invalid: a variable, and the key of a
// profile with the same meaning. One of the two may be empty.
type setting struct {
	variable, key string
	check         func(value string) error
}

// settings returns the settings that the SDK checks, even for services that this program
// doesn't call, and those whose invalid values it ignores silently (config/env_config.go and
// config/shared_config.go of aws-sdk-go-v2). All other settings accept any text or belong to
// the credentials.
func settings() []setting {
	truth := oneOf("true", "false")
	return []setting{
		{"AWS_MAX_ATTEMPTS", "max_attempts", within(0, 1<<31-1, "a whole number, 0 or more")},
		{"AWS_RETRY_MODE", "retry_mode", must("standard or adaptive", func(v string) bool { _, err := aws.ParseRetryMode(v); return err == nil })},
		{"AWS_DEFAULTS_MODE", "defaults_mode", must("auto, cross-region, in-region, legacy, mobile or standard", func(v string) bool { return new(aws.DefaultsMode).SetFromString(v) })},
		{"AWS_CA_BUNDLE", "ca_bundle", secret.Certificates},
		{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", truth},
		{"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", truth},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", truth},
		{"", "endpoint_url", address}, // variableFaults checks its variables
		{"AWS_ENABLE_ENDPOINT_DISCOVERY", "endpoint_discovery_enabled", oneOf("true", "false", "auto")},
		{"AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode", must("preferred, required or disabled", func(v string) bool {
			return slices.Contains([]string{"preferred", "required", "disabled"}, v) // only in lower case
		})},
		{"AWS_EC2_METADATA_DISABLED", "", truth},
		{"AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", truth},
		{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", web("http://169.254.169.254")},
		{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode", must("IPv4 or IPv6", func(v string) bool {
			return new(imds.EndpointModeState).SetFromString(v) == nil
		})},
		{"AWS_DISABLE_REQUEST_COMPRESSION", "disable_request_compression", truth},
		{"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "request_min_compression_size_bytes", within(0, 10485760, "bytes, 0 to 10485760")},
		{"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction", truth},
		{"AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation", oneOf("when_supported", "when_required")},
		{"AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation", oneOf("when_supported", "when_required")},
		{"AWS_RESTRICT_FILE_PERMISSIONS", "restrict_file_permissions", oneOf("user_read_write", "unrestricted")},
		{"AWS_S3_USE_ARN_REGION", "s3_use_arn_region", truth},
		{"AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", "s3_disable_multiregion_access_points", truth},
		{"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "s3_disable_express_session_auth", truth},
	}
}

// must returns a check. The text of its error follows the name of the setting.
func must(allowed string, fits func(value string) bool) func(string) error {
	return func(value string) error {
		if fits(value) {
			return nil
		}
		return fmt.Errorf(" = %s: must be %s", value, allowed)
	}
}

// oneOf allows words, in upper or lower case.
func oneOf(words ...string) func(string) error {
	allowed := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return must(allowed, func(value string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, value) })
	})
}

// within allows whole numbers from low to high, both included.
func within(low, high int64, allowed string) func(string) error {
	return must(allowed, func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && low <= n && n <= high
	})
}

// web returns a check for a URL such as example. Its error hides passwords.
func web(example string) func(string) error {
	return func(value string) error {
		if err := secret.Web(value); err != nil {
			return fmt.Errorf(" = %s: must be a URL such as %s: %w", secret.Address(value), example, err)
		}
		return nil
	}
}

// address checks an endpoint that replaces that of AWS.
func address(value string) error { return web("https://localhost:4566")(value) }

// lookupTimeout limits the resolution of a host name. The SDK, which resolves it later, has
// no limit.
const lookupTimeout = 8 * time.Second

// containerAddress checks the URL from which a container gets its credentials: without TLS
// its host must be this machine or the address of Amazon's service for containers.
func containerAddress(value string) error {
	if err := web("http://169.254.170.23/v1/credentials")(value); err != nil {
		return err
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "https" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	hosts, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	for _, host := range hosts {
		ip := net.ParseIP(host)
		if !ip.IsLoopback() && !slices.Contains([]string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"}, ip.String()) {
			err = errors.New("it is another address")
		}
	}
	if err != nil {
		return fmt.Errorf(" = %s: must be https://, or http:// and a loopback address or 169.254.170.2, 169.254.170.23 or fd00:ec2::23: %w", secret.Address(value), err)
	}
	return nil
}

// proxy checks the address of a proxy, whose http:// may be left out. The SDK's transport
// ignores an invalid one silently.
func proxy(value string) error {
	_, rest, has := strings.Cut(value, "://")
	if !has {
		rest = value
	}
	if err := secret.Web("http://" + rest); err != nil {
		return fmt.Errorf(" = %s: must be a proxy's URL such as http://proxy:3128, its user and password percent-encoded: %w", secret.Address(value), err)
	}
	return nil
}

// sendable checks a secret that each request sends in a header.
func sendable(value string) error {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return errors.New(": must be without line breaks and other control characters")
	}
	return nil
}

// readable checks a file with a secret that the SDK reads later.
func readable(file string) error {
	_, err := os.ReadFile(file)
	if path := new(fs.PathError); errors.As(err, &path) && !secret.IsFile(file) {
		return fmt.Errorf(": must be a file that can be read: %w", path.Err)
	}
	return secret.Unreadable(file, "a file that can be read", err)
}
