package doctor

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/dsql/address"
)

// configured writes an AWS config file and makes it what the SDK reads, without
// credentials from the environment.
func (s *scene) configured(t *testing.T, text string) {
	t.Helper()
	home := t.TempDir()
	file := filepath.Join(home, "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": file, "AWS_PROFILE": "mine", "HOME": home,
	}
}

// session writes a login at an SSO portal that is good for an hour.
func (s *scene) session(t *testing.T, portal string) {
	t.Helper()
	folder := filepath.Join(s.env["HOME"], ".aws", "sso", "cache")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"accessToken":"x","expiresAt":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%x.json", sha1.Sum([]byte(portal)))), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rejected is what is told when AWS takes the credentials for no good: once.
func rejected(first string) []string {
	const see = ": not looked at: see identity"
	all := []string{first}
	all = append(all, "skipped function"+see)
	all = append(all, withoutFunction()...)
	return all
}

func TestCredentials(t *testing.T) {
	const none = "failed credentials: no AWS credentials: none in the environment, in /none/credentials or from this machine's role | " +
		"aws configure sso, then aws sso login; or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	const anew = "export a new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset them and aws sso login"
	const doubted = " | aws sts get-caller-identity; check that access key, secret and session token belong together, this machine's clock, and that the account has us-east-1 enabled"
	silent := "http://" + silentPort(t)
	for name, c := range map[string]struct {
		change func(*testing.T, *scene)
		want   []string
	}{
		"none": {
			func(_ *testing.T, s *scene) {
				s.env = map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
			},
			withoutCredentials(none),
		},
		"none, and what would give some to a machine doesn't answer": {
			func(_ *testing.T, s *scene) {
				s.env = map[string]string{
					"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": silent,
				}
				s.options.Deadline = 200 * time.Millisecond
			},
			withoutCredentials(none),
		},
		"expired, as AWS says": {
			func(_ *testing.T, s *scene) { s.account.Expired = true },
			rejected("failed identity: the AWS credentials have expired (AWS says ExpiredToken) | " + anew),
		},
		"unknown to AWS": {
			func(_ *testing.T, s *scene) { s.account.AccessKeyID = "AKIAANOTHER" },
			rejected("failed identity: AWS doesn't accept the credentials (InvalidClientTokenId)" + doubted),
		},
		"signed for another region than the endpoint's": {
			func(_ *testing.T, s *scene) { s.account.Region = "eu-west-1" },
			rejected("failed identity: AWS doesn't accept the credentials (InvalidClientTokenId)" + doubted),
		},
		"a wrong secret": {
			func(_ *testing.T, s *scene) {
				s.account.Refusals = map[string]awsapi.Refusal{"sts:GetCallerIdentity": {Status: 403, Code: "SignatureDoesNotMatch", Message: "The request signature we calculated does not match"}}
				for _, action := range []string{"GetFunctionConfiguration", "GetFunctionConcurrency", "GetAccountSettings"} {
					s.account.Refusals["lambda:"+action] = awsapi.Refusal{Status: 403, Code: "InvalidSignatureException", Message: "The request signature we calculated does not match"}
				}
			},
			rejected("failed identity: AWS doesn't accept the credentials (SignatureDoesNotMatch)" + doubted),
		},
		"no such profile": {
			func(t *testing.T, s *scene) { s.configured(t, "[profile other]\nregion = us-east-1\n") },
			withoutCredentials("failed credentials: the AWS profile mine isn't there | aws configure sso --profile mine, or another AWS_PROFILE"),
		},
		"a container's, which nobody gives": {
			func(_ *testing.T, s *scene) {
				s.env = map[string]string{
					"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/c", "AWS_MAX_ATTEMPTS": "1",
				}
			},
			withoutCredentials("failed credentials: no AWS credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI: 127.0.0.1:1 refuses connections | " +
				"start what gives credentials there, or unset AWS_CONTAINER_CREDENTIALS_FULL_URI"),
		},
		"no such source of a profile": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nrole_arn = r\nsource_profile = other\n")
			},
			withoutCredentials("failed credentials: CONFIG, profile mine: source_profile = other: there is no such AWS profile | correct it, or another AWS_PROFILE"),
		},
		"an expired SSO session": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = engineer\n"+
					"[sso-session s]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n")
			},
			withoutCredentials("failed credentials: the AWS credentials have expired (WHY) | aws sso login --profile mine"),
		},
		"an expired SSO session of the old kind": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = engineer\n")
			},
			withoutCredentials("failed credentials: the AWS credentials have expired (WHY) | aws sso login --profile mine"),
		},
		"an expired login": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nlogin_session = arn:aws:iam::123456789012:user/engineer\n")
			},
			withoutCredentials("failed credentials: the AWS credentials have expired (WHY) | aws login --profile mine"),
		},
		"a config file that can't be read": {
			func(t *testing.T, s *scene) { s.configured(t, ""); s.env["AWS_CONFIG_FILE"] = "/dev" },
			withoutCredentials("failed credentials: /dev can't be read: read all: read /dev: is a directory | correct the file, or another AWS_CONFIG_FILE"),
		},
		"a fresh SSO session, and nobody to exchange it": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = engineer\n")
				s.session(t, "https://example.awsapps.com/start")
				s.env["AWS_ENDPOINT_URL_SSO"] = "http://127.0.0.1:1"
			},
			withoutCredentials("failed credentials: 127.0.0.1:1 refuses connections | check the AWS_ENDPOINT_URL variables and --endpoint-url, which name this address"),
		},
		"a fresh SSO session, and one to exchange it who doesn't answer": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = engineer\n")
				s.session(t, "https://example.awsapps.com/start")
				s.env["AWS_ENDPOINT_URL_SSO"] = silent
				s.options.Deadline = 200 * time.Millisecond
			},
			withoutCredentials("failed credentials: no AWS credentials: their source doesn't answer within 200ms | check this machine's network, VPN and HTTPS_PROXY"),
		},
		"a process that gives old ones": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\ncredential_process = echo '"+
					`{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2026-01-02T03:04:05Z"}'`+"\n")
			},
			withoutCredentials("failed credentials: the AWS credentials have expired (they expired at 2026-01-02T03:04:05Z) | renew them as the profile's credential_process wants it --profile mine"),
		},
		"a process that fails": {
			func(t *testing.T, s *scene) { s.configured(t, "[profile mine]\ncredential_process = exit 3\n") },
			withoutCredentials("failed credentials: the profile's credential_process gives no AWS credentials: WHY) | run it by hand, or aws configure sso"),
		},
		"a process that doesn't end": {
			func(t *testing.T, s *scene) {
				s.configured(t, "[profile mine]\ncredential_process = sleep 1\n")
				s.options.Deadline = 200 * time.Millisecond
			},
			withoutCredentials("failed credentials: the profile's credential_process gives no AWS credentials: WHY) | run it by hand, or aws configure sso"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			c.change(t, s)
			r := s.check(t)
			why := regexp.MustCompile(`(have expired \().*SSO.*|(have expired \().*login.*|(gives no AWS credentials: ).*(exit status 3|deadline).*`)
			for i := range r.Checks {
				if r.Checks[i].Name == "credentials" {
					r.Checks[i].Text = why.ReplaceAllString(r.Checks[i].Text, "$1$2${3}WHY)")
					r.Checks[i].Text = strings.Replace(r.Checks[i].Text, filepath.Join(s.env["HOME"], "config,"), "CONFIG,", 1)
				}
			}
			if diff := cmp.Diff(c.want, wrong(r)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if r.Function != nil || r.Account != "" || !r.Failed() {
				t.Errorf("function %v, account %q, failed %t", r.Function, r.Account, r.Failed())
			}
		})
	}
}

// Credentials that end some time tell when.
func TestCredentialsThatExpire(t *testing.T) {
	s := &scene{account: account(), options: options()}
	until := time.Now().Add(90 * time.Minute).UTC().Format(time.RFC3339)
	s.configured(t, "[profile mine]\ncredential_process = echo '"+
		`{"Version":1,"AccessKeyId":"`+accessKey+`","SecretAccessKey":"`+secretKey+`","Expiration":"`+until+`"}'`+"\n")
	r := s.check(t)
	if got := wrong(r); got != nil {
		t.Errorf("found %v", got)
	}
	if text := r.Checks[0].Text; !regexp.MustCompile(`^from ProcessProvider, good for 1h(29m\d+|30m0)s more$`).MatchString(text) {
		t.Errorf("found %s", text)
	}
}

func TestRegion(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*scene)
		want   string
	}{
		"the function's ARN is of another": {
			func(s *scene) {
				s.options.Config.FunctionName = "arn:aws:lambda:eu-west-1:123456789012:function:dsql-load-test"
			},
			"failed region: us-east-1 (the default), and the function is in eu-west-1 | --region eu-west-1, or another function",
		},
		"the cluster's name is of another": {
			func(s *scene) {
				name := clusterID + ".dsql.eu-west-1.on.aws"
				s.options.Database = address.Address{Endpoint: "127.0.0.1", Port: 1, Host: name, User: "admin", Database: "postgres", Region: "eu-west-1"}
				s.options.Config.Origin["region"] = "AWS_REGION"
			},
			"failed region: us-east-1 (AWS_REGION), and the cluster is in eu-west-1 | --region eu-west-1, or another cluster",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			c.change(s)
			if got := wrong(s.check(t)); len(got) == 0 || got[0] != c.want {
				t.Errorf("found %q\nwant %s", got, c.want)
			}
		})
	}
}
