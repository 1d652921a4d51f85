// Package awsapi replaces AWS in tests: a server on loopback that speaks the protocols of
// STS, Lambda's management API and DSQL's control plane, responds and refuses like them,
// and counts the calls. cloudwatch.go has a separate server for CloudWatch.
package awsapi

import (
	"cmp"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// Account is the content of an AWS account. Its zero value is an empty account that accepts
// every key.
type Account struct {
	ID     string // 12 digits
	ARN    string // of the caller
	Region string // region that calls must be signed for; empty: any
	// AccessKeyID is the only accepted key; empty: every key is accepted.
	AccessKeyID string
	Functions   map[string]Function // by name
	// Concurrency and Unreserved are the account's limits of invocations at once.
	Concurrency, Unreserved int
	Clusters                map[string]string // status by identifier
	// Expired: the session token is too old, for every service.
	Expired bool
	// Denied are the IAM actions that the caller isn't allowed, such as
	// "lambda:GetAccountSettings".
	Denied []string
	// Refusals are the responses to IAM actions that fail for every caller.
	Refusals map[string]Refusal
	// Silent are the IAM actions that never get a response.
	Silent []string
}

// Function is a Lambda function, as GetFunctionConfiguration describes it.
type Function struct {
	Runtime                string
	PackageType            string // empty is Zip
	Architecture           string
	State                  string // empty is Active
	StateReason            string
	LastUpdateStatus       string // empty is Successful
	LastUpdateStatusReason string
	TimeoutSeconds         int
	MemoryMB               int
	CodeBytes              int64
	Role                   string
	Environment            map[string]string
	// Undecipherable: Lambda isn't allowed to use the key of the environment.
	Undecipherable bool
	// Reserved is the function's reserved concurrency; nil: none.
	Reserved *int
}

// Refusal is an error response of a service.
type Refusal struct {
	Status        int // HTTP status
	Code, Message string
}

// Server is the server for one account. Close stops it.
type Server struct {
	URL     string
	account Account
	http    *httptest.Server
	done    chan struct{}

	mu    sync.Mutex
	calls map[string]int
}

// Start listens on a free port of loopback.
func Start(a Account) *Server {
	a.ID = cmp.Or(a.ID, "123456789012")
	a.ARN = cmp.Or(a.ARN, "arn:aws:iam::"+a.ID+":user/engineer")
	s := &Server{account: a, done: make(chan struct{}), calls: map[string]int{}}
	s.http = httptest.NewServer(s.routes())
	s.URL = s.http.URL
	return s
}

// Close stops the server and ends calls without a response.
func (s *Server) Close() {
	close(s.done)
	s.http.Close()
}

// Calls returns the number of calls by IAM action, including refused ones.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", s.guarded("sts:GetCallerIdentity", stsError, s.callerIdentity))
	mux.Handle("GET /2015-03-31/functions/{name}/configuration", s.guarded("lambda:GetFunctionConfiguration", jsonError, s.functionConfiguration))
	mux.Handle("GET /2019-09-30/functions/{name}/concurrency", s.guarded("lambda:GetFunctionConcurrency", jsonError, s.functionConcurrency))
	mux.Handle("GET /2016-08-19/account-settings", s.guarded("lambda:GetAccountSettings", jsonError, s.accountSettings))
	mux.Handle("GET /2016-08-19/account-settings/", s.guarded("lambda:GetAccountSettings", jsonError, s.accountSettings))
	mux.Handle("POST /2015-03-31/functions/{name}/invocations", s.guarded("lambda:InvokeFunction", jsonError, s.invoke))
	mux.Handle("GET /cluster/{id}", s.guarded("dsql:GetCluster", jsonError, s.cluster))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.count("unknown:" + r.Method + " " + r.URL.Path)
		jsonError(w, Refusal{http.StatusNotFound, "UnknownOperationException", ""})
	})
	return mux
}

func (s *Server) count(action string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[action]++
}

// guarded counts a call, and refuses it in the service's form if the account says so.
func (s *Server) guarded(action string, refuse func(http.ResponseWriter, Refusal), answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.count(action)
		service, _, _ := strings.Cut(action, ":")
		switch refusal, refused := s.account.Refusals[action]; {
		case slices.Contains(s.account.Silent, action):
			select {
			case <-s.done:
			case <-r.Context().Done():
			}
		case refused:
			refuse(w, refusal)
		case !s.signed(r, service):
			refuse(w, of(service, "InvalidClientTokenId", "UnrecognizedClientException", "The security token included in the request is invalid."))
		case s.account.Expired:
			refuse(w, of(service, "ExpiredToken", "ExpiredTokenException", "The security token included in the request is expired"))
		case slices.Contains(s.account.Denied, action):
			refuse(w, of(service, "AccessDenied", "AccessDeniedException", "User: "+s.account.ARN+" is not authorized to perform: "+action))
		default:
			answer(w, r)
		}
	})
}

// of returns a refusal with status 403 and the code of STS or of the JSON services.
func of(service, sts, json, message string) Refusal {
	if service == "sts" {
		return Refusal{http.StatusForbidden, sts, message}
	}
	return Refusal{http.StatusForbidden, json, message}
}

// signed reports whether the call is signed with an accepted key, for the service and
// region: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request. It doesn't
// check the signature itself.
func (s *Server) signed(r *http.Request, service string) bool {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=")
	scope, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(scope, "/")
	return len(parts) == 5 && parts[3] == service &&
		(s.account.AccessKeyID == "" || parts[0] == s.account.AccessKeyID) &&
		(s.account.Region == "" || parts[2] == s.account.Region)
}
