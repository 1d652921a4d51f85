package address

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/dsql/failure"
)

// Authenticate makes c log in to a cluster with a new token for each connection. A token is
// valid for 15 minutes, and DSQL checks it only at the login.
func (a Address) Authenticate(ctx context.Context, c *pgxpool.Config) error {
	if a.URL != "" {
		return nil
	}
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return err
	}
	c.BeforeConnect = func(ctx context.Context, cc *pgx.ConnConfig) (err error) {
		cc.Password, err = a.token(ctx, cfg.Credentials)
		return err
	}
	return nil
}

// Token returns a password for the cluster, signed with the AWS credentials at hand. It is
// secret.
func Token(ctx context.Context, a Address) (string, error) {
	cfg, err := a.awsConfig(ctx)
	if err != nil {
		return "", err
	}
	return a.token(ctx, cfg.Credentials)
}

func (a Address) awsConfig(ctx context.Context) (aws.Config, error) {
	cfg, err := awsconfig.Load(ctx, config.WithRegion(a.Region), config.WithSharedConfigProfile(a.Profile))
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, nil
}

func (a Address) token(ctx context.Context, credentials aws.CredentialsProvider) (string, error) {
	sign := auth.GenerateDbConnectAuthToken
	if a.User == adminUser {
		sign = auth.GenerateDBConnectAdminAuthToken
	}
	token, err := sign(ctx, a.Host, a.Region, credentials)
	if err != nil {
		return "", &failure.NoToken{Err: err}
	}
	return token, nil
}
