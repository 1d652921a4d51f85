package front

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"dsql-load-test/internal/local/front/wire"
)

const (
	service       = "dsql"
	adminUser     = "admin"
	actionUser    = "DbConnect"
	actionAdmin   = "DbConnectAdmin"
	amzTime       = "20060102T150405Z"
	maxTokenLife  = 7 * 24 * time.Hour
	clockSkew     = 5 * time.Minute // that AWS allows a token from the future
	clusterPort   = 5432            // of every DSQL cluster
	maxTokenBytes = 16 << 10

	hintSignature = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	hintIdentity  = "The security token included in the request is invalid."
)

// Credentials are what tokens must be signed with.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// verifier checks IAM tokens as AWS does, for one region and one identity.
type verifier struct {
	region      string
	port        int // that the front listens on
	credentials Credentials
	now         func() time.Time
}

// check returns nil if token lets user connect to host.
func (v *verifier) check(token, host, user string) *wire.Error {
	t, hint := parseToken(token)
	if hint == "" {
		hint = v.fault(t, host)
	}
	action := actionUser
	if user == adminUser {
		action = actionAdmin
	}
	if hint == "" && t.action != action {
		hint = fmt.Sprintf("Wrong user to action mapping. user: %s, action: %s", user, t.action)
	}
	if hint != "" {
		return &wire.Error{Fatal: true, Code: "08006", Message: "unable to accept connection, access denied", Hint: hint}
	}
	return nil
}

// token is a presigned URL taken apart.
type token struct {
	host, path string
	query      url.Values
	action     string
	signedAt   time.Time
	life       time.Duration
}

// parseToken reads a token. hint says why text isn't one.
func parseToken(text string) (t token, hint string) {
	u, err := url.Parse("https://" + text)
	if err != nil || len(text) > maxTokenBytes {
		return t, "The password is not an IAM authentication token."
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.User != nil || u.Fragment != "" {
		return t, "The password is not an IAM authentication token."
	}
	for name, values := range query {
		if len(values) != 1 {
			return t, "Duplicate query parameter: " + name
		}
	}
	t = token{host: u.Host, path: u.Path, query: query, action: query.Get("Action")}
	for _, name := range []string{"Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if query.Get(name) == "" {
			return t, "The password is not an IAM authentication token: it lacks " + name + "."
		}
	}
	if t.signedAt, err = time.Parse(amzTime, query.Get("X-Amz-Date")); err != nil {
		return t, "Date must be in ISO-8601 'basic format'."
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	t.life = time.Duration(seconds) * time.Second
	if err != nil || seconds < 1 || t.life > maxTokenLife {
		return t, "X-Amz-Expires must be between 1 and 604800 seconds."
	}
	return t, ""
}

// fault returns what is wrong with the token, for any user.
func (v *verifier) fault(t token, host string) (hint string) {
	signedFor := v.signedFor(t.host, host)
	if len(signedFor) == 0 || t.path != "" && t.path != "/" {
		return fmt.Sprintf("Token is for host %q, the connection is to %q.", t.host, host)
	}
	scope := strings.Split(t.query.Get("X-Amz-Credential"), "/")
	want := []string{v.credentials.AccessKeyID, t.signedAt.Format("20060102"), v.region, service, "aws4_request"}
	if len(scope) != len(want) {
		return "Credential must have 5 parts: access key, date, region, service and aws4_request."
	}
	if scope[0] != want[0] || !same(t.query.Get("X-Amz-Security-Token"), v.credentials.SessionToken) {
		return hintIdentity
	}
	for i, part := range []string{"", "date", "region", "service", "terminator"} {
		if scope[i] != want[i] {
			return fmt.Sprintf("Credential should be scoped to a valid %s: %s, not %s.", part, want[i], scope[i])
		}
	}
	for _, header := range signedFor {
		if signature, err := v.sign(t, header); err == nil && same(signature, t.query.Get("X-Amz-Signature")) {
			return v.outOfTime(t)
		}
	}
	return hintSignature
}

// signedFor returns the Host headers that a token for a connection to host may be
// signed with, if the token begins with given; none if that is another host. Some
// clients put a port after the name: the front's, or a cluster's. Some of these sign
// with the port, some without.
func (v *verifier) signedFor(given, host string) []string {
	if given == host {
		return []string{host}
	}
	for _, port := range []int{v.port, clusterPort} {
		if given == net.JoinHostPort(host, strconv.Itoa(port)) {
			return []string{given, host}
		}
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (v *verifier) outOfTime(t token) (hint string) {
	now := v.now().UTC()
	if end := t.signedAt.Add(t.life); now.After(end) {
		return fmt.Sprintf("Signature expired: %s is now earlier than %s (valid for %s)",
			t.signedAt.Format(amzTime), now.Format(amzTime), t.life)
	}
	if t.signedAt.After(now.Add(clockSkew)) {
		return fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)",
			t.signedAt.Format(amzTime), now.Add(clockSkew).Format(amzTime), now.Format(amzTime))
	}
	return ""
}

// sign returns the signature that the token should have with this Host header. The
// parameters that the signer sets itself are those that were checked, not the token's.
func (v *verifier) sign(t token, header string) (string, error) {
	query := maps.Clone(t.query)
	for _, own := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token"} {
		query.Del(own)
	}
	u := url.URL{Scheme: "https", Host: header, Path: t.path, RawQuery: query.Encode()}
	request := &http.Request{Method: http.MethodGet, URL: &u, Host: header, Header: http.Header{}}
	empty := sha256.Sum256(nil)
	c := v.credentials
	signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
	}, request, hex.EncodeToString(empty[:]), service, v.region, t.signedAt)
	if err != nil {
		return "", err
	}
	u2, err := url.Parse(signed)
	if err != nil {
		return "", err
	}
	ours := u2.Query()
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-SignedHeaders"} {
		if ours.Get(name) != t.query.Get(name) {
			return "", fmt.Errorf("%s is %q", name, t.query.Get(name))
		}
	}
	return ours.Get("X-Amz-Signature"), nil
}
