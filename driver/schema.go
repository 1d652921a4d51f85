package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/run"
)

// schemaCommand is for clusters where a run's own user may not create the table.
func schemaCommand() *cobra.Command {
	var f schemaFlags
	var apply bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the table's DDL, or apply it",
		Long: `Print the DDL that a load test needs in its database: the table, with --role also a
role that may write to it, and with --iam-arn the IAM grant that lets a Lambda
function's execution role log in as that role (DSQL only). Each statement is a
transaction of its own, because DSQL requires that.

--apply runs the statements, except for what is there already, so it can be repeated.
That needs the user admin on a cluster, or CREATE on the database. Then it compares the
table, and the rights of --role or of the user logged in, with what a run needs.

Exit codes: 0 done, and the table is as a run needs it; 1 a statement failed; 2 usage,
or the table differs: each difference is printed with a statement that fixes it.`,
		Example: `  driver schema
  driver schema --role load_test --iam-arn arn:aws:iam::123456789012:role/load-test
  driver schema --apply --cluster ID.dsql.us-east-1.on.aws --role load_test --iam-arn ARN
  driver schema --apply --database-url postgres://me@localhost/test`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd, apply) },
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.role, "role", "", "a database role that may write to the table")
	cmd.Flags().StringVar(&f.iamARN, "iam-arn", "", "the IAM role or user that may log in as --role (DSQL)")
	cmd.Flags().BoolVar(&apply, "apply", false, "run the statements instead of printing them")
	return cmd
}

// schemaFlags are the flags of driver schema.
type schemaFlags struct {
	databaseFlags
	role, iamARN string
}

// apply runs the statements, and compares the table with what a run needs.
func (f *schemaFlags) apply(cmd *cobra.Command) error {
	db, err := f.open(cmd.Context(), progress.New(cmd.ErrOrStderr(), false).Waiting())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(cmd.Context(), run.CheckTimeout)
	defer cancel()
	// Each statement is printed when it is done: if one fails, the output shows how far it came.
	state, err := db.Table().Apply(ctx, f.role, f.iamARN, func(statement string, done bool) {
		verb := "there already"
		if done {
			verb = "done"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "-- %s\n%s;\n", verb, statement)
	})
	return asNeeded(cmd, &state, err)
}

// asNeeded prints how the table differs from what a run needs, and returns the exit. err is the
// error of Apply.
func asNeeded(cmd *cobra.Command, s *table.State, err error) error {
	for _, note := range s.Notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", quote.Line(note))
	}
	for _, setting := range s.Settings {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", quote.Line(setting.String()))
	}
	if differences := s.Err(); differences != nil {
		return usage(errors.Join(err, differences))
	}
	return incomplete(err)
}

// checkGrant checks --role and --iam-arn.
func checkGrant(s *pflag.FlagSet, role, iamARN, url string) error {
	roleName, arnName := setting.Named(s, "role"), setting.Named(s, "iam-arn")
	switch {
	case role != "" && !regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`).MatchString(role):
		return fmt.Errorf("%s %s: must be a lower-case name of letters, digits and _", roleName, role)
	case iamARN != "" && role == "":
		return fmt.Errorf("%s %s: needs --role, the role to log in as", arnName, iamARN)
	case iamARN != "" && !regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+$`).MatchString(iamARN):
		return fmt.Errorf("%s %s: must be the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/NAME", arnName, iamARN)
	case iamARN != "" && url != "":
		return fmt.Errorf("%s %s: PostgreSQL knows no IAM; leave it out with %s", arnName, iamARN, setting.Named(s, "database-url"))
	}
	return nil
}

// execute prints the statements or applies them.
func (f *schemaFlags) execute(cmd *cobra.Command, apply bool) error {
	if err := checkGrant(cmd.Flags(), f.role, f.iamARN, f.url); err != nil {
		return usage(err)
	}
	if apply {
		return f.apply(cmd)
	}
	for _, statement := range table.Grants(f.role, f.iamARN) {
		fmt.Fprintf(cmd.OutOrStdout(), "%s;\n", statement)
	}
	return nil
}
