package awsconfig

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/certtest"
)

// bare leaves nothing of AWS's and no proxy in the environment but two files that can
// be written.
func bare(t *testing.T) (configFile, credentialsFile string) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	configFile, credentialsFile = filepath.Join(t.TempDir(), "config"), filepath.Join(t.TempDir(), "credentials")
	t.Setenv("AWS_CONFIG_FILE", configFile)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", credentialsFile)
	return configFile, credentialsFile
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// faults are the lines of Check's error.
func faults(t *testing.T, u Use) string {
	t.Helper()
	if err := Check(u); err != nil {
		return err.Error()
	}
	return ""
}

// Each variable and each key with a value of nonsense is named with what is allowed;
// one that is good is not. The SDK takes what is called good here, and refuses or
// passes over what isn't.
func TestSettings(t *testing.T) {
	authority, _ := certtest.Pair(t)
	good := map[string]string{
		"AWS_MAX_ATTEMPTS": "5", "AWS_RETRY_MODE": "adaptive", "AWS_DEFAULTS_MODE": "in-region", "AWS_CA_BUNDLE": authority, "AWS_ENABLE_ENDPOINT_DISCOVERY": "auto",
		"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://[fd00:ec2::254]",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "10485760", "AWS_RESTRICT_FILE_PERMISSIONS": "unrestricted",
		"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_RESPONSE_CHECKSUM_VALIDATION": "WHEN_SUPPORTED",
	}
	for _, s := range settings() {
		value := good[s.variable]
		if value == "" {
			value = "true"
		}
		if s.key == "endpoint_url" {
			value = "http://localhost:1"
		}
		if s.variable != "" {
			t.Run(s.variable, func(t *testing.T) {
				bare(t)
				t.Setenv(s.variable, "xx")
				if got := faults(t, Use{}); !strings.HasPrefix(got, s.variable+" = xx: must be ") || strings.Contains(got, "\n") {
					t.Errorf("%s", got)
				}
				t.Setenv(s.variable, value)
				if got := faults(t, Use{}); got != "" {
					t.Errorf("%s: %s", value, got)
				}
			})
		}
		if s.key != "" {
			t.Run(s.key, func(t *testing.T) {
				file, _ := bare(t)
				write(t, file, "[profile other]\n"+s.key+" = yy\n[ default ] ; mine\nregion = eu-west-1\n"+s.key+" = xx # a comment\n")
				if got := faults(t, Use{}); !strings.HasPrefix(got, file+", profile default: "+s.key+" = xx: must be ") || strings.Contains(got, "\n") {
					t.Errorf("%s", got)
				}
				write(t, file, "[profile default]\n"+s.key+" = "+value+"\n[default]\n"+s.key+" = xx\n")
				if got := faults(t, Use{}); got != "" {
					t.Errorf("%s: %s", value, got)
				}
			})
		}
	}
}

func TestCheck(t *testing.T) {
	const absent = ": there is no such AWS profile\nhint: aws configure list-profiles lists them"
	const url = "must be a URL such as https://localhost:4566: "
	const control = ": must be without line breaks and other control characters"
	sso := "[profile sso]\nsso_session = s\nsso_account_id = 1\n[sso-session s]\nsso_start_url = https://x\n"
	for _, c := range []struct {
		name        string
		env         []string // name=value; CONFIG and CREDENTIALS stand for the files of HOME
		config      string
		credentials string
		use         Use
		want        string
	}{
		{name: "nothing"},
		{name: "a region that isn't there", env: []string{"AWS_REGION=xx", "AWS_SDK_UA_APP_ID=\x01", "AWS_STS_REGIONAL_ENDPOINTS=xx", "AWS_AUTH_SCHEME_PREFERENCE=xx"}},
		{
			name: "several", env: []string{"AWS_MAX_ATTEMPTS=abc", "AWS_RETRY_MODE=legacy", "AWS_CA_BUNDLE=/nonexist"},
			want: "AWS_MAX_ATTEMPTS = abc: must be a whole number, 0 or more\nAWS_RETRY_MODE = legacy: must be standard or adaptive\n" +
				"AWS_CA_BUNDLE = /nonexist: must be a file of certificates in PEM form: no such file or directory",
		},
		{name: "no certificates", env: []string{"AWS_CA_BUNDLE=CONFIG"}, config: "[default]\n", want: "AWS_CA_BUNDLE = CONFIG: must be a file of certificates in PEM form: there is none in it"},
		{name: "out of range", env: []string{"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES=10485761"}, want: "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES = 10485761: must be bytes, 0 to 10485760"},
		{name: "an endpoint", env: []string{"AWS_ENDPOINT_URL_S3=http://me:geheim@h:x"}, want: "AWS_ENDPOINT_URL_S3 = http://...: " + url + "its host or port can't be one"},
		{name: "a proxy", env: []string{"HTTPS_PROXY=http://me:ge/heim@proxy:1"}, want: "HTTPS_PROXY = http://...: must be a proxy's URL such as http://proxy:3128, its user and password percent-encoded: a / stands before its @"},
		{name: "proxies", env: []string{"HTTPS_PROXY=proxy:3128", "http_proxy=socks5://me:geheim@proxy:1080", "ALL_PROXY=::", "NO_PROXY=::"}},

		{name: "no such profile", env: []string{"AWS_PROFILE=nosuch"}, want: "AWS_PROFILE = nosuch" + absent},
		{name: "no such profile, the other variable", env: []string{"AWS_DEFAULT_PROFILE=nosuch"}, want: "AWS_DEFAULT_PROFILE = nosuch" + absent},
		{name: "no such profile, with keys", env: []string{"AWS_PROFILE=nosuch", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}, want: "AWS_PROFILE = nosuch" + absent},
		{name: "a profile by flag", env: []string{"AWS_PROFILE=nosuch"}, config: "[profile there]\nretry_mode = legacy\n", use: Use{Profile: "there"}, want: "CONFIG, profile there: retry_mode = legacy: must be standard or adaptive"},
		{name: "no such profile by flag", use: Use{Profile: "nosuch", ProfileFrom: "--profile"}, want: "--profile = nosuch" + absent},
		{name: "no such source of a profile by flag", config: "[profile broken]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = absent\n", use: Use{Profile: "broken", ProfileFrom: "--profile"}, want: "CONFIG, profile broken: source_profile = absent" + absent},
		{
			name: "no such source of a profile's source", env: []string{"AWS_PROFILE=outer"},
			config: "[profile outer]\nrole_arn = r\nsource_profile = role\n[profile role]\nrole_arn = r\nsource_profile = absent\n", want: "CONFIG, profile role: source_profile = absent" + absent,
		},
		{
			name: "a source without credentials", env: []string{"AWS_PROFILE=role"},
			config: "[profile role]\nrole_arn = r\nsource_profile = bare\n[profile bare]\nregion = eu-west-1\n", want: "CONFIG, profile role: source_profile = bare: must be a profile with credentials",
		},
		{name: "a source without a role", env: []string{"AWS_PROFILE=role"}, config: "[profile role]\nsource_profile = default\n", want: "CONFIG, profile role: source_profile: must go with role_arn, which is not set"},
		{name: "two kinds of credentials", config: "[default]\ncredential_process = p\nsource_profile = x\nrole_arn = r\n", want: "AWS profile default (CONFIG, CREDENTIALS): only one credential type may be specified per profile: source profile, credential source, credential process, web identity token"},
		{name: "another profile's fault", config: "[default]\nregion = eu-west-1\n[profile x]\nretry_mode = legacy\n"},
		{name: "a file that can't be read", env: []string{"AWS_CONFIG_FILE=/dev"}, want: "AWS_CONFIG_FILE = /dev: must be a file that can be read: "},
		{name: "no file", env: []string{"AWS_CONFIG_FILE=/none", "AWS_SHARED_CREDENTIALS_FILE=/none"}},
		{name: "keys missing of SSO", env: []string{"AWS_PROFILE=sso"}, config: sso, want: `AWS profile sso (CONFIG, CREDENTIALS): profile "sso" is configured to use SSO but is missing required configuration: sso_region`},
		{name: "half of the keys in a file", credentials: "[default]\naws_access_key_id = a\n", want: "CREDENTIALS, profile default: aws_access_key_id: must go with aws_secret_access_key, which is not set"},
		{name: "the secret alone in a file", env: []string{"AWS_PROFILE=half"}, config: "[profile half]\naws_secret_access_key = geheim\n", want: "CONFIG, profile half: aws_secret_access_key: must go with aws_access_key_id, which is not set"},
		{
			name: "half of a source's keys", env: []string{"AWS_PROFILE=role"}, config: "[profile role]\nrole_arn = r\nsource_profile = half\n", credentials: "[half]\naws_access_key_id = a\n",
			want: "CREDENTIALS, profile half: aws_access_key_id: must go with aws_secret_access_key, which is not set",
		},
		{name: "an endpoint of a service", config: "[default]\nservices = s\n[services s]\nlambda =\n  endpoint_url = localhost:4566\n", want: "CONFIG, services of the profile, lambda: endpoint_url = localhost:4566: " + url + "it doesn't begin with http:// or https://"},

		{name: "half of the keys", env: []string{"AWS_ACCESS_KEY_ID=a"}, want: "AWS_ACCESS_KEY_ID: must go with AWS_SECRET_ACCESS_KEY, which is not set"},
		{name: "the secret alone", env: []string{"AWS_SECRET_ACCESS_KEY=geheim"}, want: "AWS_SECRET_ACCESS_KEY: must go with AWS_ACCESS_KEY_ID, which is not set"},
		{name: "half of the keys, not asked for", env: []string{"AWS_SECRET_ACCESS_KEY=geheim"}, use: Use{MadeUp: true}},
		{
			name: "credentials with line breaks", env: []string{"AWS_ACCESS_KEY_ID=a\r", "AWS_SECRET_ACCESS_KEY=geheim\n", "AWS_SESSION_TOKEN=tok\ngeheim"},
			want: "AWS_ACCESS_KEY_ID" + control + "\nAWS_SECRET_ACCESS_KEY" + control + "\nAWS_SESSION_TOKEN" + control,
		},
		{name: "a section without its end", env: []string{"AWS_PROFILE=p"}, config: "# [x\n[profile q] # x\n[profile p\nregion = eu-west-1\n", want: "CONFIG, line 3: must be a section's name in brackets, and the closing one is missing"},
		{name: "a line that is nothing", credentials: "\n[default]\naws_secret_access_key geheim\n", want: "CREDENTIALS, line 3: must be [section] or key = value"},
		{name: "all kinds of lines", config: "; x\r\nx = y\r\n[default] ; x\r\ns3 =\n  a = b\n\tc\nregion: eu-west-1 # x\n"},
		{name: "keys of the older names", env: []string{"AWS_ACCESS_KEY=a", "AWS_SECRET_KEY=b"}},
		{name: "a web identity without a role", env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE=/none"}, want: "AWS_WEB_IDENTITY_TOKEN_FILE = /none: must go with AWS_ROLE_ARN, which is not set"},
		{name: "a web identity without its file", env: []string{"AWS_WEB_IDENTITY_TOKEN_FILE=/none", "AWS_ROLE_ARN=r"}, want: "AWS_WEB_IDENTITY_TOKEN_FILE = /none: must be a file that can be read: no such file or directory"},
		{
			name: "a container's credentials", env: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/none"},
			want: "AWS_CONTAINER_CREDENTIALS_FULL_URI = http://192.0.2.1/c: must be https://, or http:// and a loopback address or 169.254.170.2, 169.254.170.23 or fd00:ec2::23: it is another address\n" +
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = /none: must be a file that can be read: no such file or directory",
		},
		{
			name: "a container's address that is none", env: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=nonsense"},
			want: "AWS_CONTAINER_CREDENTIALS_FULL_URI = nonsense: must be a URL such as http://169.254.170.23/v1/credentials: it doesn't begin with http:// or https://",
		},
		{name: "a container's path", env: []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=xx"}, want: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = xx: must be a path that begins with /"},
		{name: "a container's credentials at loopback", env: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/c"}},

		{name: "FIPS", env: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"}},
		{
			name: "FIPS with a flag's endpoint", env: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=TRUE"}, use: Use{Endpoint: "--endpoint-url", MadeUp: true},
			want: "AWS_USE_FIPS_ENDPOINT = true: must be false with --endpoint-url\nAWS_USE_DUALSTACK_ENDPOINT = TRUE: must be false with --endpoint-url",
		},
		{name: "FIPS with a variable's endpoint", env: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"}, want: "AWS_USE_FIPS_ENDPOINT = true: must be false with AWS_ENDPOINT_URL_STS"},
		{name: "FIPS with an endpoint that isn't ours", env: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_ENDPOINT_URL_S3=http://127.0.0.1:1"}},
		{name: "FIPS with an endpoint that is ignored", env: []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}},
		{
			name: "FIPS of a file with an endpoint of it", config: "[default]\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1:1\n",
			want: "CONFIG, profile default: use_fips_endpoint = true: must be false with endpoint_url",
		},
		{
			name: "FIPS of a file with a service's endpoint of it", config: "[default]\nservices = s\nuse_fips_endpoint = true\n[services s]\nsts =\n  endpoint_url = http://127.0.0.1:1\n",
			want: "CONFIG, profile default: use_fips_endpoint = true: must be false with endpoint_url in services of the profile, sts",
		},
		{name: "FIPS of a file, off by a variable", config: "[default]\nuse_fips_endpoint = true\n", env: []string{"AWS_USE_FIPS_ENDPOINT=false"}, use: Use{Endpoint: "--endpoint-url"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			configFile, credentialsFile := bare(t)
			of := strings.NewReplacer("CONFIG,", configFile+",", "CONFIG:", configFile+":", "=CONFIG", "="+configFile, "= CONFIG", "= "+configFile, "(CONFIG", "("+configFile, "CREDENTIALS)", credentialsFile+")", "CREDENTIALS,", credentialsFile+",")
			write(t, configFile, c.config)
			write(t, credentialsFile, c.credentials)
			for _, variable := range c.env {
				name, value, _ := strings.Cut(of.Replace(variable), "=")
				t.Setenv(name, value)
			}
			got, want := faults(t, c.use), of.Replace(c.want)
			if strings.HasSuffix(want, ": ") {
				got = got[:min(len(got), len(want))] // the system's own words follow
			}
			if diff := cmp.Diff(want, got); diff != "" || strings.Contains(got, "geheim") {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// A resolver that doesn't answer is not waited for without end.
func TestDeadResolver(t *testing.T) {
	bare(t)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://credentials.invalid/c")
	was := net.DefaultResolver
	defer func() { net.DefaultResolver = was }()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = net.DefaultResolver.LookupHost(over, "credentials.invalid") // reads the machine's settings, outside of synctest's time
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := faults(t, Use{})
		const want = "AWS_CONTAINER_CREDENTIALS_FULL_URI = http://credentials.invalid/c: must be https://, or "
		if took := time.Since(start); !strings.HasPrefix(got, want) || took > lookupTimeout {
			t.Errorf("after %v: %s", took, got)
		}
	})
}

// What Check finds, Load refuses with, unless only an endpoint makes it wrong.
func TestLoadRefuses(t *testing.T) {
	bare(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "abc")
	_, err := Load(context.Background(), config.WithRegion("eu-west-1"))
	if err == nil || err.Error() != "AWS_MAX_ATTEMPTS = abc: must be a whole number, 0 or more" {
		t.Errorf("%v", err)
	}
}
