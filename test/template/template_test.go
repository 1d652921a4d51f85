package template

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/worker"
)

const (
	clusterID = "abcdefghijklmnopqrstuvwxyz"
	endpoint  = clusterID + ".dsql." + region + ".on.aws"
	cluster   = "arn:aws:dsql:" + region + ":" + account + ":cluster/" + clusterID
	// Behind a VPC endpoint: the cluster's name there, and the name of the endpoint.
	private     = clusterID + ".dsql-ab12." + region + ".on.aws"
	vpcEndpoint = "vpce-0a1b2c3d-e4f5g6h7.dsql-ab12." + region + ".vpce.amazonaws.com"
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
		{"a variable of Sub that isn't in it", "cluster/${Id}\n                      - Id:", "cluster/${Id}\n                      - ID:", "ID isn't in"},
		{"a condition of nothing", "!If [Reserved,", "!If [Kept,", "condition Kept isn't there"},
		{"a resource's condition of nothing", "Condition: MakeCluster", "Condition: Make", "Resources.Cluster: condition Make isn't there"},
		{"what may be missing", "Value: !GetAtt LoadTestFunction.Arn", "Value: !GetAtt Cluster.ResourceArn", "Cluster is there only if MakeCluster"},
		{"what is missing in the other case", "!If [MakeGroup, [!GetAtt FunctionGroup.GroupId]", "!If [InVpc, [!GetAtt FunctionGroup.GroupId]", "FunctionGroup is there only if MakeGroup"},
		{"a parameter nobody uses", "Timeout: !Ref Timeout", "Timeout: 900", "Parameters.Timeout: is not used"},
		{"a condition nobody uses", "!If [AsAdmin, dsql:DbConnectAdmin, dsql:DbConnect]", "dsql:DbConnect", "Conditions.AsAdmin: is not used"},
		{"a rule's Ref of nothing", "Assert: !Equals [!Ref VpcId,", "Assert: !Equals [!Ref Vpc,", "Vpc is no parameter"},
		{"a rule's Ref of a resource", "Assert: !Equals [!Ref VpcId,", "Assert: !Equals [!Ref Cluster,", "Cluster is no parameter"},
		{"a function that rules lack", "Assert: !Equals [!Ref VpcId,", "Assert: !Equals [!Sub \"${VpcId}\",", "a rule can't use Fn::Sub"},
		{"a rule with a condition", "RuleCondition: !EachMemberEquals [!Ref SubnetIds, \"\"]", "RuleCondition: !Not [!Condition InVpc]", "a rule can't use Condition"},
		{"a parameter that only a rule uses", "VpcId: !Ref VpcId", "VpcId: vpc-1", "Parameters.VpcId: is not used"},
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

// changed returns the template with one text replaced. The text must occur exactly once.
func changed(t *testing.T, old, broken string) string {
	t.Helper()
	template := text(t, "lambda/template.yaml")
	if n := strings.Count(template, old); n != 1 {
		t.Fatalf("%q is in the template %d times", old, n)
	}
	return strings.Replace(template, old, broken, 1)
}

func function(o object) object { return in(o, "Resources", "LoadTestFunction", "Properties").(object) }

// TestEnvironment: each parameter sets its variable, and the program takes the
// cluster's name, port, database and user from them.
func TestEnvironment(t *testing.T) {
	const own = "<Cluster.Endpoint>"
	variables := func(changes object) object {
		o := object{"AURORA_DSQL_ENDPOINT": own, "AURORA_DSQL_PORT": "5432", "DATABASE_NAME": "postgres", "IAM_USERNAME": "load_test", "LOG_LEVEL": "info"}
		maps.Copy(o, changes)
		maps.DeleteFunc(o, func(_ string, value any) bool { return value == nil })
		return o
	}
	tests := []struct {
		name       string
		parameters map[string]string
		changes    object
		host       string
	}{
		{"a cluster of its own", nil, nil, own},
		{"one that is there", map[string]string{"AuroraDSQLEndpoint": endpoint}, object{"AURORA_DSQL_ENDPOINT": endpoint}, endpoint},
		{"by a VPC endpoint's name", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "AuroraDSQLClusterResourceId": clusterID}, object{"AURORA_DSQL_ENDPOINT": vpcEndpoint}, vpcEndpoint},
		{"by a host too", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "DSQLHost": private}, object{"AURORA_DSQL_ENDPOINT": vpcEndpoint, "DSQL_HOST": private}, private},
		{"by a host alone", map[string]string{"DSQLHost": private}, object{"AURORA_DSQL_ENDPOINT": nil, "DSQL_HOST": private}, private},
		{"as admin", map[string]string{"IAMDatabaseUser": "admin"}, object{"IAM_USERNAME": "admin"}, own},
		{"another port, database and level", map[string]string{"AuroraDSQLPort": "6432", "DatabaseName": "cars", "LogLevel": "debug"}, object{"AURORA_DSQL_PORT": "6432", "DATABASE_NAME": "cars", "LOG_LEVEL": "debug"}, own},
		{"with a collector", map[string]string{"OtlpEndpoint": "http://10.0.0.1:4317"}, object{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://10.0.0.1:4317"}, own},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, got := variables(tt.changes), in(function(with(t, load(t), tt.parameters)), "Environment", "Variables").(object)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("variables (-want +got):\n%s", diff)
			}
			a, err := address.From(func(name string) string {
				if name == "AWS_REGION" { // Lambda sets it
					return region
				}
				value, _ := got[name].(string)
				return value
			})
			if err != nil {
				t.Fatal(err)
			}
			seen := object{"host": a.Host, "port": strconv.Itoa(a.Port), "database": a.Database, "user": a.User, "region": a.Region}
			meant := object{"host": tt.host, "port": want["AURORA_DSQL_PORT"], "database": want["DATABASE_NAME"], "user": want["IAM_USERNAME"], "region": region}
			if diff := cmp.Diff(meant, seen); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVariables: the program reads every variable in the template.
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
	address, err := address.From(getenv)
	if err != nil {
		t.Fatal(err)
	}
	where, err := address.Where()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := capture.NewLambda(context.Background(), getenv, "environment", capture.Database{Host: where.Host, Port: where.Port, Name: where.Database}); err != nil {
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

// TestFunction: the function's properties for given parameters.
func TestFunction(t *testing.T) {
	f := function(with(t, load(t), nil))
	if in(f, "ReservedConcurrentExecutions") != nil || f["Timeout"] != "900" || f["MemorySize"] != "1024" {
		t.Errorf("reserved %v, time-out %v, memory %v; want none, 900, 1024", f["ReservedConcurrentExecutions"], f["Timeout"], f["MemorySize"])
	}
	want := object{"LogFormat": "Text", "LogGroup": "<FunctionLog>"}
	if diff := cmp.Diff(want, f["LoggingConfig"]); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	stack := with(t, load(t), map[string]string{
		"Timeout": "60", "MemorySize": "512", "ReservedConcurrency": "1000", "LogRetentionDays": "1", "FunctionName": "other",
	})
	f = function(stack)
	got := object{
		"reserved": f["ReservedConcurrentExecutions"], "timeout": f["Timeout"], "memory": f["MemorySize"], "name": f["FunctionName"],
		"log": in(stack, "Resources", "FunctionLog", "Properties"),
	}
	want = object{
		"reserved": "1000", "timeout": "60", "memory": "512", "name": "other",
		"log": object{"LogGroupName": "/aws/lambda/other", "RetentionInDays": "1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with everything (-want +got):\n%s", diff)
	}
}
