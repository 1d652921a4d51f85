package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/dsql/address"
)

// silentPort takes connections and never says a word.
func silentPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // nothing was written
	return l.Addr().String()
}

// Without a network one check fails, and the others say which.
func TestNetwork(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html>Please log in to the WiFi</html>")) // the client sees a cut answer
	}))
	t.Cleanup(page.Close)
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	silent, file := silentPort(t), filepath.Join(t.TempDir(), "config")
	const check = " | check the AWS_ENDPOINT_URL variables and --endpoint-url, which name this address"
	for name, c := range map[string]struct {
		change func(*scene)
		want   string
	}{
		"refused": {
			func(s *scene) { s.env = map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"} },
			"failed identity: 127.0.0.1:1 refuses connections" + check,
		},
		"silent": {
			func(s *scene) {
				s.env = map[string]string{"AWS_ENDPOINT_URL": "http://" + silent}
				s.options.Deadline = 300 * time.Millisecond
			},
			"failed identity: no answer from AWS (STS) in time" + check,
		},
		"untrusted": {
			func(s *scene) { s.env = map[string]string{"AWS_ENDPOINT_URL": stranger.URL} },
			"failed identity: " + stranger.Listener.Addr().String() + ": its certificate isn't trusted: x509: certificate signed by unknown authority | " +
				"AWS_CA_BUNDLE names the certificates of a proxy that reads TLS",
		},
		"not AWS": {
			func(s *scene) { s.env = map[string]string{"AWS_ENDPOINT_URL": page.URL} },
			"failed identity: what answers sts:GetCallerIdentity isn't AWS (HTTP 403) | leave out AWS_ENDPOINT_URL, or give its address as --endpoint-url",
		},
		"not AWS, by a file": {
			func(s *scene) {
				if err := os.WriteFile(file, []byte("[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = "+page.URL+"\nlambda =\n  endpoint_url = "+page.URL+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				s.env = map[string]string{"AWS_ENDPOINT_URL_STS": "", "AWS_ENDPOINT_URL_LAMBDA": "", "AWS_CONFIG_FILE": file}
			},
			"failed identity: what answers sts:GetCallerIdentity isn't AWS (HTTP 403) | leave out endpoint_url in " + file + ", services of the profile, sts, or give its address as --endpoint-url",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scene{account: account(), options: options()}
			c.change(s)
			r := s.check(t)
			if diff := cmp.Diff(rejected(c.want), wrong(r)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// What can't be had in a test is told apart by the error's type.
func TestNetworkOf(t *testing.T) {
	sent := func(err error) error {
		return &smithy.OperationError{ServiceID: "STS", OperationName: "GetCallerIdentity", Err: &url.Error{Op: "Post", URL: "https://sts.us-east-7.amazonaws.com/", Err: err}}
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no such name": {
			sent(&net.DNSError{Name: "sts.us-east-7.amazonaws.com", Err: "no such host", IsNotFound: true}),
			"no such host: sts.us-east-7.amazonaws.com | check --region (aws ec2 describe-regions lists them), and that this machine resolves names",
		},
		"no name server": {
			sent(&net.DNSError{Name: "sts.us-east-1.amazonaws.com", Err: "server misbehaving", IsTemporary: true}),
			"no network: the name sts.us-east-1.amazonaws.com can't be resolved (server misbehaving) | check this machine's network, VPN and HTTPS_PROXY",
		},
		"no route": {
			sent(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}),
			"no network: no route to sts.us-east-7.amazonaws.com | check this machine's network, VPN and HTTPS_PROXY",
		},
		"a proxy that refuses": {
			sent(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}),
			"the proxy 127.0.0.1:9 refuses connections | check HTTPS_PROXY and HTTP_PROXY, which name the proxy, and NO_PROXY",
		},
		"a proxy without an address": {
			sent(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: "proxy", Err: "no such host", IsNotFound: true}}}),
			"no such host: proxy | check HTTPS_PROXY and HTTP_PROXY, which name the proxy, and NO_PROXY",
		},
		"a deadline, and nobody tells whose": {
			&smithy.OperationError{ServiceID: "Lambda", OperationName: "X", Err: context.DeadlineExceeded},
			"no answer from AWS (Lambda) in time | check this machine's network, VPN and HTTPS_PROXY",
		},
		"reset": {
			sent(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}),
			"sts.us-east-7.amazonaws.com: read: read: connection reset by peer | check this machine's network, VPN and HTTPS_PROXY",
		},
		"a name that doesn't fit": {
			sent(&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}}),
			"sts.us-east-7.amazonaws.com: its certificate isn't trusted: x509: certificate is not valid for any names, but wanted to match x | AWS_CA_BUNDLE names the certificates of a proxy that reads TLS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := &exam{o: Options{Getenv: func(string) string { return "" }}}
			got := e.explain(c.err, "sts:GetCallerIdentity")
			if text := got.Text + " | " + got.Cure; text != c.want || got.State != Failed || got.cause != byNetwork {
				t.Errorf("%s, %s by %s\nwant %s", got.State, text, got.cause, c.want)
			}
		})
	}
	if got := networkOf(errors.New("something else")); got != "" {
		t.Errorf("something else is %s", got)
	}
}

// A region that has no name makes the check of the region fail, not that of the
// identity.
func TestNoSuchRegion(t *testing.T) {
	e := newExam(context.Background(), options())
	asked := &net.DNSError{Name: "sts.us-east-7.amazonaws.com", Err: "no such host", IsNotFound: true}
	e.identity = func() (*sts.GetCallerIdentityOutput, error) { return nil, asked }
	look := func() []string {
		checks := []Check{e.checkRegion(context.Background()), e.checkIdentity(context.Background())}
		checks[0].Name, checks[1].Name = "region", "identity"
		return wrong(&Report{Checks: sayOnce(checks)})
	}
	want := []string{
		"failed region: us-east-1 (the default): no such host: sts.us-east-7.amazonaws.com | check --region (aws ec2 describe-regions lists them), and that this machine resolves names",
		"skipped identity: not looked at: see region",
	}
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	e.o.Database = address.Address{Host: clusterID + ".dsql.eu-west-1.on.aws"}
	want[0] = "failed region: us-east-1 (the default), and the cluster is in eu-west-1 | --region eu-west-1, or another cluster"
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Errorf("the cluster tells which: -want +got\n%s", diff)
	}
}
