package template

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOutputs: the outputs have the values for the driver's flags. The driver must be able to
// use the endpoint, so it is never the name of a VPC endpoint.
func TestOutputs(t *testing.T) {
	tests := []struct {
		name               string
		parameters         map[string]string
		endpoint, resource string
	}{
		{"a cluster of its own", nil, "<Cluster.Endpoint>", "<Cluster.ResourceArn>"},
		{"one that is there", map[string]string{"AuroraDSQLEndpoint": endpoint}, endpoint, cluster},
		{"with its id", map[string]string{"AuroraDSQLEndpoint": endpoint, "AuroraDSQLClusterResourceId": clusterID}, endpoint, cluster},
		{"by a VPC endpoint's name", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "AuroraDSQLClusterResourceId": clusterID}, endpoint, cluster},
		{"by a host too", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "DSQLHost": private}, private, cluster},
		{"by a host alone", map[string]string{"DSQLHost": private}, private, cluster},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]any{}
			for name, output := range with(t, load(t), tt.parameters)["Outputs"].(object) {
				got[name] = output.(object)["Value"]
			}
			want := map[string]any{
				"FunctionName": "<LoadTestFunction>", "FunctionArn": "<LoadTestFunction.Arn>", "FunctionRoleArn": "<FunctionRole.Arn>",
				"ClusterEndpoint": tt.endpoint, "ClusterArn": tt.resource, "Region": region,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCluster: the stack makes a cluster only if none is named, with deletion protection
// unless that is turned off.
func TestCluster(t *testing.T) {
	for _, parameters := range []map[string]string{{"AuroraDSQLEndpoint": endpoint}, {"DSQLHost": private}} {
		if c := in(with(t, load(t), parameters), "Resources", "Cluster"); c != nil {
			t.Errorf("with %v: made beside the one that is there: %v", parameters, c)
		}
	}
	for parameters, want := range map[string]string{"": "true", "false": "false"} {
		given := map[string]string{}
		if parameters != "" {
			given["DeletionProtection"] = parameters
		}
		c := in(with(t, load(t), given), "Resources", "Cluster")
		if got := in(c.(object), "Properties", "DeletionProtectionEnabled"); got != want {
			t.Errorf("protected: %v, want %s", got, want)
		}
	}
}
