package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"dsql-load-test/internal/quote"
)

// checkCluster checks the status of the cluster.
func (e *exam) checkCluster(ctx context.Context) Check {
	a, err := e.address()
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case err != nil:
		return skipped("not looked at without its name: %s", quote.Collapse(err))
	case a.ClusterID() == "":
		return skipped("%s isn't a cluster's own name", e.where(a))
	}
	access, err := e.access()
	if err != nil {
		return skipped("not looked at without credentials")
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	client := sdk.NewFromConfig(access.config, func(o *sdk.Options) { o.Region = a.ClusterRegion() })
	c, err := client.GetCluster(ctx, &sdk.GetClusterInput{Identifier: aws.String(a.ClusterID())})
	if errors.As(err, new(*types.ResourceNotFoundException)) {
		return failed("aws dsql list-clusters --region "+a.ClusterRegion()+" lists those that are there", "there is no cluster %s in %s", a.ClusterID(), a.ClusterRegion())
	}
	if err != nil {
		return e.explain(err, "dsql:GetCluster")
	}
	return ofStatus(aws.ToString(c.Identifier), c.Status)
}

// ofStatus returns the check for a status of the cluster.
func ofStatus(id string, s types.ClusterStatus) Check {
	switch s {
	case types.ClusterStatusActive:
		return ok("%s is %s", id, s)
	case types.ClusterStatusIdle, types.ClusterStatusInactive:
		return warning("connect to it once before the run, or use --warm-up", "%s is %s: it wakes up with the first connections, which wait for it", id, s)
	case types.ClusterStatusCreating, types.ClusterStatusUpdating:
		return warning("aws dsql get-cluster --identifier "+id+" until it is ACTIVE", "%s is %s", id, s)
	}
	return failed("name another cluster, or make one: sam deploy (docs/aws.md)", "%s is %s", id, s)
}
