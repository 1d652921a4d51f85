package front

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signedByHand is a token that begins with given and is signed with the Host header
// signedFor, as clients without AWS's generator make it.
func signedByHand(t testing.TB, given, signedFor, action string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "https://"+signedFor+"/?X-Amz-Expires=900&Action="+action, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, empty := credentialsForTest(), sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
	}, request, hex.EncodeToString(empty[:]), service, region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(signed, "/?")
	return given + "/?" + rest
}

func TestTokenWithPort(t *testing.T) {
	f := start(t, nil)
	own := fmt.Sprintf("%s:%d", host, f.Port())
	const cluster = host + ":5432"
	otherHost := func(given string) string {
		return fmt.Sprintf("Token is for host %q, the connection is to %q.", given, host)
	}
	const noToken = "The password is not an IAM authentication token."
	for _, c := range []struct{ name, given, signedFor, action, hint string }{
		{"host alone", host, host, actionUser, "ok"},
		{"own port, signed without (the Python suite)", own, host, actionUser, "ok"},
		{"own port, signed with (the Java suite)", own, own, actionUser, "ok"},
		{"a cluster's port, signed without", cluster, host, actionUser, "ok"},
		{"a cluster's port, signed with", cluster, cluster, actionUser, "ok"},
		{"host alone, signed with a port", host, own, actionUser, hintSignature},
		{"one port, signed with the other", own, cluster, actionUser, hintSignature},
		{"the other way round", cluster, own, actionUser, hintSignature},
		{"signed for another host", own, "db.example:" + strconv.Itoa(f.Port()), actionUser, hintSignature},
		{"another port", host + ":1", host, actionUser, otherHost(host + ":1")},
		{"another port, signed with", host + ":1", host + ":1", actionUser, otherHost(host + ":1")},
		{"another host", "db.example:5432", "db.example", actionUser, otherHost("db.example:5432")},
		{"another host, signed for this one", "db.example:5432", host, actionUser, otherHost("db.example:5432")},
		{"a host that ends alike", "evil-" + cluster, host, actionUser, otherHost("evil-" + cluster)},
		{"no port after the colon", host + ":", host, actionUser, otherHost(host + ":")},
		{"a zero before the port", host + ":05432", host, actionUser, otherHost(host + ":05432")},
		{"a port too large", host + ":70968", host, actionUser, otherHost(host + ":70968")}, // 5432 modulo 65536
		{"a port in words", host + ":postgresql", host, actionUser, noToken},
		{"two ports", cluster + ":5432", host, actionUser, noToken},
		{"a negative port", host + ":-5432", host, actionUser, noToken},
		{"IPv4", "127.0.0.1:5432", host, actionUser, otherHost("127.0.0.1:5432")},
		{"IPv6", "[::1]:5432", "[::1]:5432", actionUser, otherHost("[::1]:5432")},
		{"this host in brackets", "[" + host + "]:5432", host, actionUser, noToken},
		{"a user before the host", "me@" + cluster, host, actionUser, noToken},
		{"the other action", own, host, actionAdmin, "Wrong user to action mapping. user: app, action: DbConnectAdmin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := connectError(f, "app", signedByHand(t, c.given, c.signedFor, c.action), "")
			if c.hint != "ok" {
				want(t, err, "08006", denied, "", c.hint)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A port after the name opens no way around the signature.
func TestTamperedTokenWithPort(t *testing.T) {
	f := start(t, nil)
	own := fmt.Sprintf("%s:%d", host, f.Port())
	for _, signedFor := range []string{host, own} {
		valid := signedByHand(t, own, signedFor, actionUser)
		signature := valid[strings.LastIndex(valid, "=")+1:]
		for name, token := range map[string]string{
			"signature": strings.Replace(valid, signature, strings.Repeat("0", len(signature)), 1),
			"life":      strings.Replace(valid, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1),
			"path":      strings.Replace(valid, "/?", "/x?", 1),
			"headers":   strings.Replace(valid, "SignedHeaders=host", "SignedHeaders=host%3Bx", 1),
		} {
			hint := hintSignature
			if name == "path" {
				hint = "Token is for host "
			}
			t.Run(name+" of "+signedFor, func(t *testing.T) {
				if token == valid {
					t.Fatalf("nothing was changed in %s", token)
				}
				want(t, connectError(f, "app", token, ""), "08006", denied, "", hint)
			})
		}
	}
}

// byBotocore prints a token as the Python suite makes it: it signs for the host
// alone and puts the port before the query.
const byBotocore = `
import os, sys
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
host, port, region = sys.argv[1:]
request = AWSRequest(method="GET", url="https://%s/?Action=DbConnect" % host)
credentials = Credentials(os.environ["KEY"], os.environ["SECRET"], os.environ["SESSION"])
SigV4QueryAuth(credentials, "dsql", region, expires=900).add_auth(request)
print(request.url.replace("https://%s/" % host, "%s:%s/" % (host, port), 1), end="")
`

// AWS's Python library signs as the front reads it.
func TestTokenByBotocore(t *testing.T) {
	if err := exec.Command("python3", "-c", "import botocore").Run(); err != nil {
		t.Skipf("python3 with botocore: %v", err)
	}
	f, c := start(t, nil), credentialsForTest()
	for _, port := range []int{f.Port(), clusterPort} {
		cmd := exec.Command("python3", "-c", byBotocore, host, strconv.Itoa(port), region)
		cmd.Env = append(os.Environ(), "KEY="+c.AccessKeyID, "SECRET="+c.SecretAccessKey, "SESSION="+c.SessionToken)
		token, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if prefix := fmt.Sprintf("%s:%d/?Action=DbConnect&", host, port); !strings.HasPrefix(string(token), prefix) {
			t.Fatalf("token %.60s..., want %s...", token, prefix)
		}
		if err := connectError(f, "app", string(token), ""); err != nil {
			t.Errorf("port %d: %v", port, err)
		}
	}
}
