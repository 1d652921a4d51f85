package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
)

// tokenCommand prints a token for other clients, such as psql. The driver makes its own tokens.
func tokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an IAM token, which is the password to a DSQL cluster",
		Long: `Print an IAM token, made from the current AWS credentials. It is the password to the
cluster for 15 minutes, for new connections. The user admin needs the right
dsql:DbConnectAdmin, every other user dsql:DbConnect. Keep it secret.`,
		Example: `  PGPASSWORD=$(driver token --cluster ID.dsql.us-east-1.on.aws) psql -h ID.dsql.us-east-1.on.aws -U admin postgres`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := f.address(cmd.Flags())
			if err != nil {
				return usage(err)
			}
			// Signing is local, but credentials may come from a service that doesn't answer.
			ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
			defer cancel()
			token, err := address.Token(ctx, a)
			if err != nil {
				return incomplete(quote.Hint(err, "aws sts get-caller-identity says whether the credentials are good"))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	cmd.Flags().StringVar(&f.cluster, "cluster", "", "the cluster's endpoint, ID.dsql.REGION.on.aws; a port is ignored")
	cmd.Flags().StringVar(&f.user, "db-user", "admin", "the user that the token is for")
	cmd.Flags().StringVar(&f.region, "region", "", "the cluster's region (default: the one in its endpoint)")
	addProfile(cmd.Flags(), &f.profile)
	return cmd
}

// tokenFlags are the flags of driver token.
type tokenFlags struct{ cluster, user, region, profile string }

// address returns the cluster's address.
func (f *tokenFlags) address(s *pflag.FlagSet) (address.Address, error) {
	if f.cluster == "" {
		return address.Address{}, errors.New("--cluster is missing: it must name the cluster's endpoint, ID.dsql.REGION.on.aws")
	}
	if err := checkAWS(s, f.profile); err != nil {
		return address.Address{}, err
	}
	a, err := address.ClusterAddress("", f.cluster, f.user, f.region, address.ClusterNames{Cluster: setting.Named(s, "cluster"), Region: setting.Named(s, "region")})
	a.Profile = f.profile
	return a, err
}
