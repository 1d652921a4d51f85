package main

import (
	"fmt"
	"strconv"
	"strings"

	"dsql-load-test/internal/secret"
)

// splitEndpoint takes a cluster's endpoint, HOST or HOST:PORT, apart; the port may be
// empty. named is what gave it, for the faults.
func splitEndpoint(endpoint, named string) (host, port string, err error) {
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
