package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/front"
	"dsql-load-test/internal/local/postgres"
)

const (
	// The variables that TestMain hands the throwaway cluster on in.
	clusterURL, clusterPort, clusterRoots = "TEST_CLUSTER_URL", "TEST_CLUSTER_PORT", "TEST_CLUSTER_ROOTS"

	clusterID   = "abcdefghijklmnopqrstuvwxyz"
	clusterHost = clusterID + ".dsql.us-east-1.on.aws"
	accessKey   = "AKIALOCALTEST"
	secretKey   = "a secret"
	role        = "arn:aws:iam::123456789012:role/load-test"

	// patience bounds every wait; only a failing test takes as long.
	patience = 30 * time.Second
)

func TestMain(m *testing.M) {
	if child.Role() == postgres.Role {
		postgres.Keep()
		return
	}
	code, err := withCluster(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// withCluster runs the tests with a PostgreSQL behind a front that takes itself
// for clusterHost, with the table and the role load_test in it, as which the
// IAM role may log in.
func withCluster(m *testing.M) (code int, err error) {
	ctx := context.Background()
	s, err := postgres.Start(ctx, postgres.Options{MaxConnections: 60})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := prepare(ctx, s.URL); err != nil {
		return 1, err
	}
	f, err := front.Start(ctx, front.Options{
		Address: "127.0.0.1:0", Upstream: address.Address{URL: s.URL, Own: true}, ServerConns: 4, Hosts: []string{clusterHost}, Region: "us-east-1",
		Credentials: front.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey},
	})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for name, value := range map[string]string{clusterURL: s.URL, clusterPort: strconv.Itoa(f.Port()), clusterRoots: f.CA()} {
		if err := os.Setenv(name, value); err != nil {
			return 1, err
		}
	}
	if err := asAdmin(ctx, "AWS IAM GRANT load_test TO '"+role+"'"); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// asAdmin executes sql through the front.
func asAdmin(ctx context.Context, sql string) error {
	token, err := auth.GenerateDBConnectAdminAuthToken(ctx, clusterHost, "us-east-1", credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""))
	if err != nil {
		return err
	}
	config, err := pgx.ParseConfig("postgres://admin@127.0.0.1:" + os.Getenv(clusterPort) + "/postgres?sslmode=require")
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(os.Getenv(clusterRoots)))
	config.Password, config.TLSConfig = token, &tls.Config{ServerName: clusterHost, RootCAs: roots}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

func prepare(ctx context.Context, url string) error {
	db, err := dsql.Open(ctx, url, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Table().Apply(ctx, "load_test", "", func(string, bool) {})
	return err
}

// account is one in which a small run works.
func account() awsapi.Account {
	return awsapi.Account{
		Region: "us-east-1", AccessKeyID: accessKey, Concurrency: 1000, Unreserved: 900,
		Clusters: map[string]string{clusterID: "ACTIVE"},
		Functions: map[string]awsapi.Function{"dsql-load-test": {
			Runtime: "provided.al2023", Architecture: "arm64", TimeoutSeconds: 300, MemoryMB: 1024, CodeBytes: 9_400_000, Role: role,
			Environment: map[string]string{
				"AURORA_DSQL_ENDPOINT": clusterHost, "AURORA_DSQL_PORT": os.Getenv(clusterPort), "DSQL_HOSTADDR": "127.0.0.1",
				"IAM_USERNAME": "load_test", "DSQL_ROOT_CERTIFICATE": os.Getenv(clusterRoots),
			},
		}},
	}
}

// options are those of a small run in it, unobserved.
func options() Options {
	c := bench.Defaults()
	c.Target, c.Telemetry, c.FunctionName = bench.AWS, bench.TelemetryOff, "dsql-load-test"
	c.Individual.NumLambdas, c.Batch.NumLambdas, c.WarmUp = 100, 100, 100
	return Options{Config: c, Architecture: "arm64", User: "admin", Getenv: os.Getenv, TempFolder: os.TempDir()}
}

// start starts AWS's stand-in, and makes it what the SDK finds: no variable and
// no file of the tester's own is read, and nothing is asked beyond loopback.
func start(t *testing.T, a awsapi.Account) *awsapi.Server {
	t.Helper()
	s := awsapi.Start(a)
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/none/config", "AWS_SHARED_CREDENTIALS_FILE": "/none/credentials",
		"AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "OTEL_SDK_DISABLED": "", "PGSSLROOTCERT": "", "PGSSLNEGOTIATION": "", "PGSSLMODE": "",
	} {
		t.Setenv(name, value)
	}
	return s
}

// notInvoked fails the test when the function was called.
func notInvoked(t *testing.T, s *awsapi.Server) {
	t.Helper()
	if n := s.Calls()["lambda:InvokeFunction"]; n != 0 {
		t.Errorf("%d invocations, want none", n)
	}
}
