package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
)

func tokenCommand(lookup func(string) (string, bool)) *cobra.Command {
	var cluster, user, region, profile string
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an IAM token, which is the password to a DSQL cluster",
		Long: `Print an IAM token, made of the AWS credentials at hand. It is the password to the
cluster for 15 minutes, for new connections. The user admin needs the right
dsql:DbConnectAdmin, every other one dsql:DbConnect. Keep it secret.`,
		Example: `  PGPASSWORD=$(driver token --cluster ID.dsql.us-east-1.on.aws) psql -h ID.dsql.us-east-1.on.aws -U admin postgres`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := setting.FromEnvironment(cmd.Flags(), lookup); err != nil {
				return usage(err)
			}
			if cluster == "" {
				return usage(errors.New("--cluster is missing: it must name the cluster's endpoint, ID.dsql.REGION.on.aws"))
			}
			if err := checkAWS(cmd.Flags(), profile); err != nil {
				return usage(err)
			}
			a, err := dsql.ClusterAddress("", cluster, user, region, dsql.ClusterNames{Cluster: setting.Named(cmd.Flags(), "cluster"), Region: setting.Named(cmd.Flags(), "region")})
			if err != nil {
				return usage(err)
			}
			a.Profile = profile
			ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
			defer cancel()
			token, err := dsql.Token(ctx, a)
			if err != nil {
				return &exitError{code: exitIncomplete, err: quote.Hint(err, "aws sts get-caller-identity says whether the credentials are good")}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	cmd.Flags().StringVar(&cluster, "cluster", "", "the cluster's endpoint, ID.dsql.REGION.on.aws; a port has no part in the token")
	cmd.Flags().StringVar(&user, "db-user", "admin", "the user that the token is for")
	cmd.Flags().StringVar(&region, "region", "", "the cluster's region (default: as its endpoint says)")
	addProfile(cmd.Flags(), &profile)
	return cmd
}
