package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/quote"
)

// cause is a reason that several checks can fail for at once.
type cause string

const (
	byCredentials cause = "credentials"
	byNetwork     cause = "network"
)

// by sets the cause of c.
func (c Check) by(why cause) Check {
	c.cause = why
	return c
}

// sayOnce keeps the first failed check of each cause. The others become skipped.
func sayOnce(checks []Check) []Check {
	first := map[cause]string{}
	for i := range checks {
		c := &checks[i]
		if c.cause == "" || c.State != Failed {
			continue
		}
		if name, said := first[c.cause]; said {
			c.State, c.Text, c.Cure = Skipped, "not looked at: see "+name, ""
			continue
		}
		first[c.cause] = c.Name
	}
	return checks
}

// explain returns the check for an error of AWS; action is the IAM action of the request.
func (e *exam) explain(err error, action string) Check {
	var api smithy.APIError
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case networkOf(err) != "":
		return e.unreachable(err)
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError":
		return e.refused(err, api, action)
	}
	if status := foreign(err); status != 0 {
		cure := "check HTTPS_PROXY, and that this network needs no login of its own"
		service, _, _ := strings.Cut(action, ":") // of sts:GetCallerIdentity
		if _, from := awsconfig.Endpoint(service, e.o.Profile); from != "" {
			cure = "leave out " + from + ", or give its address as --endpoint-url"
		}
		return failed(cure, "what answers %s isn't AWS (HTTP %d)", action, status).by(byNetwork)
	}
	return failed("", "%s: %s", action, quote.Collapse(err))
}

// foreign returns the HTTP status of a response that isn't from AWS; 0 for any other error.
func foreign(err error) int {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != "UnknownError" {
		return 0
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// refused explains an error that AWS returned.
func (e *exam) refused(err error, api smithy.APIError, action string) Check {
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return e.expired("AWS says " + api.ErrorCode())
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken":
		return failed("aws sts get-caller-identity; check that access key, secret and session token belong together, this machine's clock, and that the account has "+e.o.Config.Region+" enabled",
			"AWS doesn't accept the credentials (%s)", api.ErrorCode()).by(byCredentials)
	case "AccessDenied", "AccessDeniedException":
		arn, _ := e.caller()
		return warning("allow "+action+" to "+arn+" (docs/aws.md has the policy)", "%s is not allowed, so this can't be looked at", action)
	case "Throttling", "ThrottlingException", "TooManyRequestsException":
		return warning("try again", "%s is throttled (%s)", action, api.ErrorCode())
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.HTTPStatusCode() >= 500 {
		return failed("try again; https://health.aws.amazon.com shows AWS's own troubles", "%s: AWS answered %d (%s)", action, response.HTTPStatusCode(), api.ErrorCode())
	}
	return failed("", "%s: %s: %s", action, api.ErrorCode(), strings.Join(strings.Fields(api.ErrorMessage()), " "))
}

// expired returns the check for expired credentials.
func (e *exam) expired(why string) Check {
	return failed(e.renewal(), "the AWS credentials have expired (%s)", why).by(byCredentials)
}

// unreachable explains why AWS can't be reached.
func (e *exam) unreachable(err error) Check {
	var name *net.DNSError
	cure := "check this machine's network, VPN and HTTPS_PROXY"
	switch host := hostOf(err); {
	case proxyOf(err) != "":
		cure = "check HTTPS_PROXY and HTTP_PROXY, which name the proxy, and NO_PROXY"
	case errors.As(err, &name) && name.IsNotFound:
		cure = "check --region (aws ec2 describe-regions lists them), and that this machine resolves names"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		cure = "AWS_CA_BUNDLE names the certificates of a proxy that reads TLS"
	case e.o.Getenv("AWS_ENDPOINT_URL") != "" || strings.Contains(host, ":"):
		cure = "check the AWS_ENDPOINT_URL variables and --endpoint-url, which name this address"
	}
	return failed(cure, "%s", networkOf(err)).by(byNetwork)
}

// networkOf says what went wrong in the network; empty if a response came.
func networkOf(err error) string { return networkAt(err, hostOf(err)) }

// networkAt is networkOf, with the name of the host that was dialed.
func networkAt(err error, host string) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	if proxy := proxyOf(err); proxy != "" {
		host = "the proxy " + proxy
	}
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "no such host: " + name.Name
	case errors.As(err, &name):
		return "no network: the name " + name.Name + " can't be resolved (" + name.Err + ")"
	case errors.As(err, &certificate):
		return host + ": its certificate isn't trusted: " + certificate.Err.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return host + " refuses connections"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "no network: no route to " + host
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "no answer from " + host + " in time"
	}
	if send, ok := errors.AsType[*url.Error](err); ok {
		return host + ": " + quote.Collapse(send.Err)
	}
	return ""
}

func isTimeout(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout()
}

// hostOf returns the host that was dialed, as far as the error has it.
func hostOf(err error) string {
	if send, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(send.URL); err == nil && u.Host != "" {
			return u.Host
		}
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Addr != nil {
		return operation.Addr.String()
	}
	if service, ok := errors.AsType[*smithy.OperationError](err); ok {
		return "AWS (" + service.Service() + ")"
	}
	return "the other end"
}

// proxyOf returns the proxy that couldn't be reached; empty for any other error.
func proxyOf(err error) string {
	proxied, ok := errors.AsType[*net.OpError](err)
	if !ok || proxied.Op != "proxyconnect" {
		return ""
	}
	if dialed, ok := errors.AsType[*net.OpError](proxied.Err); ok && dialed.Addr != nil {
		return dialed.Addr.String()
	}
	return "of the environment"
}

// nameOf returns the host name that doesn't exist; empty for any other error.
func nameOf(err error) string {
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound && proxyOf(err) == "" {
		return name.Name
	}
	return ""
}
