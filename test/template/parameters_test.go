package template

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOriginalParameters: the template has the original suite's parameters, each with a
// default, so that the parameters of its users still deploy.
func TestOriginalParameters(t *testing.T) {
	want := map[string]string{
		"FunctionName":                "dsql-load-test-lambda",
		"AuroraDSQLEndpoint":          "",
		"AuroraDSQLPort":              "5432",
		"DSQLHost":                    "",
		"DatabaseName":                "postgres",
		"IAMDatabaseUser":             "load_test",
		"AuroraDSQLClusterResourceId": "",
		"VpcId":                       "",
		"SubnetIds":                   "",
		"SecurityGroupIds":            "",
		"LogLevel":                    "info",
		"Timeout":                     "900",
		"MemorySize":                  "1024",
		"ReservedConcurrency":         "-1",
		"LogRetentionDays":            "7",
	}
	got := map[string]string{}
	for name := range want {
		if value, ok := in(load(t), "Parameters", name, "Default").(string); ok {
			got[name] = value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// TestParametersTable: docs/aws.md has each parameter in its table.
func TestParametersTable(t *testing.T) {
	_, table, _ := strings.Cut(text(t, "docs/aws.md"), "| parameter | default |")
	table, _, _ = strings.Cut(table, "\n\n")
	got := map[string]bool{}
	for line := range strings.Lines(table) {
		names, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, m := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(names, -1) {
			got[m[1]] = true
		}
	}
	want := map[string]bool{}
	for name := range load(t)["Parameters"].(object) {
		want[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/aws.md (-template +table):\n%s", diff)
	}
}

// TestRefused: what CloudFormation refuses before it makes anything.
func TestRefused(t *testing.T) {
	const (
		noGroups  = "SubnetIds needs security groups: give SecurityGroupIds, or VpcId to have one made"
		noCluster = "AuroraDSQLClusterResourceId names an existing cluster, so AuroraDSQLEndpoint or DSQLHost is needed too"
	)
	short := strings.TrimPrefix(endpoint, "a")
	tests := []struct {
		name       string
		parameters map[string]string
		want       []string
	}{
		{"nothing given", nil, nil},
		{"a cluster's endpoint", map[string]string{"AuroraDSQLEndpoint": endpoint}, nil},
		{"a cluster's name in a VPC", map[string]string{"AuroraDSQLEndpoint": private, "DSQLHost": private}, nil},
		{"a VPC endpoint's name", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "AuroraDSQLClusterResourceId": clusterID}, nil},
		{"a mistyped cluster's endpoint", map[string]string{"AuroraDSQLEndpoint": short}, []string{"AuroraDSQLEndpoint = " + short}},
		{"a URL", map[string]string{"AuroraDSQLEndpoint": "https://" + endpoint}, []string{"AuroraDSQLEndpoint = https://" + endpoint}},
		{"an endpoint with a port", map[string]string{"AuroraDSQLEndpoint": endpoint + ":5432"}, []string{"AuroraDSQLEndpoint = " + endpoint + ":5432"}},
		{"an id alone as endpoint", map[string]string{"AuroraDSQLEndpoint": clusterID}, []string{"AuroraDSQLEndpoint = " + clusterID}},
		{"a host that isn't a cluster's name", map[string]string{"DSQLHost": vpcEndpoint}, []string{"DSQLHost = " + vpcEndpoint}},
		{"an id that isn't one", map[string]string{"AuroraDSQLEndpoint": endpoint, "AuroraDSQLClusterResourceId": "cluster-1"}, []string{"AuroraDSQLClusterResourceId = cluster-1"}},
		{"an id without a cluster", map[string]string{"AuroraDSQLClusterResourceId": clusterID}, []string{noCluster}},
		{"an id with a host", map[string]string{"AuroraDSQLClusterResourceId": clusterID, "DSQLHost": private}, nil},
		{"no port", map[string]string{"AuroraDSQLPort": "0"}, []string{"AuroraDSQLPort = 0"}},
		{"too long a time-out", map[string]string{"Timeout": "901"}, []string{"Timeout = 901"}},
		{"a level that isn't one", map[string]string{"LogLevel": "INFO"}, []string{"LogLevel = INFO"}},
		{"a VPC and groups", map[string]string{"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1", "VpcId": "vpc-1"}, nil},
		{"subnets and groups", map[string]string{"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1,sg-2"}, nil},
		{"subnets and a VPC", map[string]string{"SubnetIds": "subnet-1", "VpcId": "vpc-1"}, nil},
		{"subnets alone", map[string]string{"SubnetIds": "subnet-1,subnet-2"}, []string{noGroups}},
		{"groups alone", map[string]string{"SecurityGroupIds": "sg-1"}, []string{"SecurityGroupIds has no effect without SubnetIds"}},
		{"a VPC alone", map[string]string{"VpcId": "vpc-1"}, []string{"VpcId has no effect without SubnetIds"}},
		{"a VPC that isn't one", map[string]string{"SubnetIds": "subnet-1", "VpcId": "main"}, []string{"VpcId = main"}},
		{"an old name", map[string]string{"ClusterEndpoint": endpoint}, []string{"ClusterEndpoint: there is no such parameter"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &stack{t, load(t), tt.parameters}
			if diff := cmp.Diff(tt.want, s.refusals()); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnknownCluster: a VPC endpoint's name alone doesn't say which cluster the
// function may log in to. The right's resource then is no ARN, and says why: IAM
// refuses the role, and so CloudFormation the stack.
func TestUnknownCluster(t *testing.T) {
	for _, name := range []string{vpcEndpoint, "dsql.on.aws.example.com", "10.0.0.1"} {
		logIn := functionRights(t, load(t), map[string]string{"AuroraDSQLEndpoint": name})[0]
		want := right{"dsql:DbConnect", "(AuroraDSQLEndpoint " + name + " lacks the cluster's id, give AuroraDSQLClusterResourceId too)"}
		if diff := cmp.Diff(want, logIn); diff != "" {
			t.Errorf("right (-want +got):\n%s", diff)
		}
	}
}
