package address

import (
	"fmt"
	"strconv"
	"strings"

	"dsql-load-test/internal/secret"
)

// SplitEndpoint splits a cluster's endpoint, HOST or HOST:PORT. Without a port that is empty.
// named is the flag or variable that gave it, for the faults.
func SplitEndpoint(endpoint, named string) (host, port string, err error) {
	host, port, hasPort := strings.Cut(endpoint, ":")
	if endpoint != "" && host == "" || strings.ContainsAny(host, "/@ []") || strings.ContainsAny(port, ":/@ ") {
		return "", "", fmt.Errorf("%s = %s: must be a host name, with a port or without, and no scheme: ID.dsql.REGION.on.aws, or ID.dsql.REGION.on.aws:5432",
			named, secret.Address(endpoint))
	}
	if n, err := strconv.ParseUint(port, 10, 16); hasPort && (err != nil || n == 0) {
		return "", "", fmt.Errorf("%s = %s: its port must be 1 to 65535", named, endpoint)
	}
	return host, port, nil
}

// ClusterNames are the flags or variables that gave an address its parts, for messages.
type ClusterNames struct{ Cluster, Region string }

// ClusterAddress makes an address from a command's flags, and checks it as From checks the
// function's environment.
func ClusterAddress(url, cluster, user, region string, names ClusterNames) (Address, error) {
	host, port, err := SplitEndpoint(cluster, names.Cluster)
	if err != nil {
		return Address{}, err
	}
	given := map[string]string{"DATABASE_URL": url, "AURORA_DSQL_ENDPOINT": host, "AURORA_DSQL_PORT": port, "IAM_USERNAME": user, "AWS_REGION": region}
	nameOf := map[string]string{"AURORA_DSQL_ENDPOINT": names.Cluster, "AWS_REGION": names.Region}
	return Named(func(name string) string { return given[name] }, func(name string) string { return nameOf[name] })
}
