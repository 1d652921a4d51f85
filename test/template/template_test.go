package template

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/worker"
)

const (
	clusterID = "abcdefghijklmnopqrstuvwxyz"
	endpoint  = clusterID + ".dsql." + region + ".on.aws"
	cluster   = "arn:aws:dsql:" + region + ":" + account + ":cluster/" + clusterID
)

func TestReferences(t *testing.T) {
	if faults := references(load(t)); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
}

// TestBrokenReferences: each way to break a reference is found.
func TestBrokenReferences(t *testing.T) {
	tests := []struct{ name, old, broken, want string }{
		{"a Ref of nothing", "!Ref MemorySize", "!Ref Memory", "Resources.LoadTestFunction.Properties.MemorySize: Memory isn't there"},
		{"a pseudo parameter of nothing", "Value: !Ref AWS::Region", "Value: !Ref AWS::Place", "Outputs.Region.Value: AWS::Place isn't there"},
		{"a GetAtt of nothing", "!GetAtt FunctionRole.Arn\n      LoggingConfig", "!GetAtt Role.Arn\n      LoggingConfig", "Properties.Role: Role isn't there"},
		{"a GetAtt of a parameter", "!GetAtt LoadTestFunction.Arn", "!GetAtt FunctionName.Arn", "Outputs.FunctionArn.Value: FunctionName isn't there"},
		{"an attribute that isn't", "!GetAtt LoadTestFunction.Arn", "!GetAtt LoadTestFunction.Name", "AWS::Serverless::Function has no attribute Name"},
		{"a Sub of nothing", "/aws/lambda/${FunctionName}", "/aws/lambda/${Function}", "LogGroupName: Function isn't there"},
		{"a variable of Sub that isn't in it", "- Id: !Select [0, !Split [\".\", !Ref ClusterEndpoint]]\n              - Sid: Log", "- ID: x\n              - Sid: Log", "ID isn't in"},
		{"a condition of nothing", "!If [Reserved,", "!If [Kept,", "condition Kept isn't there"},
		{"a resource's condition of nothing", "Condition: MakeCluster", "Condition: Make", "Resources.Cluster: condition Make isn't there"},
		{"what may be missing", "!If [MakeCluster, !GetAtt Cluster.Endpoint, !Ref ClusterEndpoint]\n          AURORA", "!GetAtt Cluster.Endpoint\n          AURORA", "Cluster is there only if MakeCluster"},
		{"what is missing in the other case", "!If [MakeCluster, !GetAtt Cluster.Endpoint, !Ref ClusterEndpoint]\n          AURORA", "!If [AsAdmin, !GetAtt Cluster.Endpoint, !Ref ClusterEndpoint]\n          AURORA", "Cluster is there only if MakeCluster"},
		{"a parameter nobody uses", "Timeout: !Ref Timeout", "Timeout: 300", "Parameters.Timeout: is not used"},
		{"a condition nobody uses", "!If [AsAdmin, dsql:DbConnectAdmin, dsql:DbConnect]", "dsql:DbConnect", "Conditions.AsAdmin: is not used"},
		{"a function that isn't known", "!Ref LogRetentionDays", "!Lookup LogRetentionDays", "Fn::Lookup of LogRetentionDays isn't known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faults := references(parse(t, changed(t, tt.old, tt.broken)))
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tt.want) }) {
				t.Errorf("faults %q, want one with %q", faults, tt.want)
			}
		})
	}
}

// changed is the template with one text instead of another, which must be in it once.
func changed(t *testing.T, old, broken string) string {
	t.Helper()
	template := text(t, "lambda/template.yaml")
	if n := strings.Count(template, old); n != 1 {
		t.Fatalf("%q is in the template %d times", old, n)
	}
	return strings.Replace(template, old, broken, 1)
}

func function(o object) object { return in(o, "Resources", "LoadTestFunction", "Properties").(object) }

// TestEnvironment: the program takes what it is given, and for what is meant.
func TestEnvironment(t *testing.T) {
	tests := []struct {
		name       string
		parameters map[string]string
		endpoint   string
		user       string
		direct     any
	}{
		{"a cluster of its own", nil, "<Cluster.Endpoint>", "load_test", nil},
		{"one that is there", map[string]string{"ClusterEndpoint": endpoint}, endpoint, "load_test", nil},
		{"as admin", map[string]string{"ClusterEndpoint": endpoint, "DatabaseUser": "admin"}, endpoint, "admin", nil},
		{"with a collector", map[string]string{"OtlpEndpoint": "http://10.0.0.1:4317"}, "<Cluster.Endpoint>", "load_test", "http://10.0.0.1:4317"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			variables := in(function(with(t, load(t), tt.parameters)), "Environment", "Variables").(object)
			a, err := dsql.AddressFrom(func(name string) string {
				if name == "AWS_REGION" { // Lambda sets it
					return region
				}
				value, _ := variables[name].(string)
				return value
			})
			if err != nil {
				t.Fatal(err)
			}
			want := dsql.Address{Endpoint: tt.endpoint, Host: tt.endpoint, Port: 5432, Database: "postgres", User: tt.user, Region: region}
			if diff := cmp.Diff(want, a); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if got := variables["OTEL_EXPORTER_OTLP_ENDPOINT"]; got != tt.direct {
				t.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT = %v, want %v", got, tt.direct)
			}
		})
	}
}

// TestVariables: every variable in the template is one that the program reads.
func TestVariables(t *testing.T) {
	if unread := unreadVariables(t, load(t)); len(unread) > 0 {
		t.Errorf("the program doesn't read %v", unread)
	}
	broken := parse(t, changed(t, "IAM_USERNAME:", "IAM_USER:"))
	if diff := cmp.Diff([]string{"IAM_USER"}, unreadVariables(t, broken)); diff != "" {
		t.Errorf("of a wrong name (-want +got):\n%s", diff)
	}
}

func unreadVariables(t *testing.T, template object) (unread []string) {
	t.Helper()
	read := map[string]bool{}
	getenv := func(name string) string {
		read[name] = true
		return map[string]string{"AURORA_DSQL_ENDPOINT": endpoint, "AWS_REGION": region}[name]
	}
	address, err := dsql.AddressFrom(getenv)
	if err != nil {
		t.Fatal(err)
	}
	where, err := address.Where()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := telemetry.NewLambda(context.Background(), getenv, "environment", where); err != nil {
		t.Fatal(err)
	}
	worker.NewLogger(io.Discard, getenv)
	for name := range in(function(template), "Environment", "Variables").(object) {
		if !read[name] {
			unread = append(unread, name)
		}
	}
	return unread
}

// TestFunction: what the parameters come to.
func TestFunction(t *testing.T) {
	f := function(with(t, load(t), nil))
	if in(f, "VpcConfig") != nil || in(f, "ReservedConcurrentExecutions") != nil {
		t.Errorf("VPC %v, reserved %v, want neither", f["VpcConfig"], f["ReservedConcurrentExecutions"])
	}
	want := object{"LogFormat": "Text", "LogGroup": "<FunctionLog>"}
	if diff := cmp.Diff(want, f["LoggingConfig"]); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	stack := with(t, load(t), map[string]string{
		"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1", "ReservedConcurrency": "1000", "LogRetentionDays": "1", "FunctionName": "other",
	})
	f = function(stack)
	got := object{
		"vpc": f["VpcConfig"], "reserved": f["ReservedConcurrentExecutions"], "name": f["FunctionName"],
		"log": in(stack, "Resources", "FunctionLog", "Properties"), "managed": in(stack, "Resources", "FunctionRole", "Properties", "ManagedPolicyArns"),
	}
	want = object{
		"vpc": object{"SubnetIds": []any{"subnet-1", "subnet-2"}, "SecurityGroupIds": []any{"sg-1"}}, "reserved": "1000", "name": "other",
		"log":     object{"LogGroupName": "/aws/lambda/other", "RetentionInDays": "1"},
		"managed": []any{"arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with everything (-want +got):\n%s", diff)
	}
}

// TestOutputs: what the driver's flags are filled from.
func TestOutputs(t *testing.T) {
	values := func(parameters map[string]string) map[string]any {
		got := map[string]any{}
		for name, output := range with(t, load(t), parameters)["Outputs"].(object) {
			got[name] = output.(object)["Value"]
		}
		return got
	}
	want := map[string]any{
		"FunctionName": "<LoadTestFunction>", "FunctionArn": "<LoadTestFunction.Arn>", "FunctionRoleArn": "<FunctionRole.Arn>",
		"ClusterEndpoint": "<Cluster.Endpoint>", "ClusterArn": "<Cluster.ResourceArn>", "Region": region,
	}
	if diff := cmp.Diff(want, values(nil)); diff != "" {
		t.Errorf("with a cluster of its own (-want +got):\n%s", diff)
	}
	want["ClusterEndpoint"], want["ClusterArn"] = endpoint, cluster
	if diff := cmp.Diff(want, values(map[string]string{"ClusterEndpoint": endpoint})); diff != "" {
		t.Errorf("with one that is there (-want +got):\n%s", diff)
	}
}

// TestCluster: it is made only when none is named, protected unless that is turned off.
func TestCluster(t *testing.T) {
	if c := in(with(t, load(t), map[string]string{"ClusterEndpoint": endpoint}), "Resources", "Cluster"); c != nil {
		t.Errorf("made beside the one that is there: %v", c)
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
