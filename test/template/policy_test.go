package template

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// right is a permission for one action on one resource.
type right struct{ Action, Resource string }

// rights returns the permissions in a policy document, one by one.
func rights(t *testing.T, document object) (all []right) {
	t.Helper()
	for _, s := range document["Statement"].([]any) {
		statement := s.(object)
		if statement["Effect"] != "Allow" || statement["NotAction"] != nil || statement["NotResource"] != nil {
			t.Fatalf("statement %v: only what is allowed is expected", statement)
		}
		for _, action := range listOf(statement["Action"]) {
			for _, resource := range listOf(statement["Resource"]) {
				all = append(all, right{action, resource})
			}
		}
	}
	slices.SortFunc(all, func(a, b right) int { return strings.Compare(a.Action+a.Resource, b.Action+b.Resource) })
	return all
}

func listOf(value any) (list []string) {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	for _, v := range value.([]any) {
		list = append(list, v.(string))
	}
	return list
}

// functionRights returns the permissions of the function's role.
func functionRights(t *testing.T, template object, parameters map[string]string) []right {
	t.Helper()
	stack := with(t, template, parameters)
	if role := function(stack)["Role"]; role != "<FunctionRole.Arn>" {
		t.Fatalf("the function's role is %v", role)
	}
	if function(stack)["Policies"] != nil {
		t.Fatal("the function has policies beside its role's")
	}
	policies := in(stack, "Resources", "FunctionRole", "Properties", "Policies").([]any)
	if len(policies) != 1 {
		t.Fatalf("%d policies", len(policies))
	}
	return rights(t, policies[0].(object)["PolicyDocument"].(object))
}

func TestFunctionRights(t *testing.T) {
	other := strings.Repeat("z", len(clusterID))
	logs := []right{{"logs:CreateLogStream", "<FunctionLog.Arn>"}, {"logs:PutLogEvents", "<FunctionLog.Arn>"}}
	tests := []struct {
		name       string
		parameters map[string]string
		want       right
	}{
		{"a cluster of its own", nil, right{"dsql:DbConnect", "<Cluster.ResourceArn>"}},
		{"one that is there", map[string]string{"AuroraDSQLEndpoint": endpoint}, right{"dsql:DbConnect", cluster}},
		{"as admin", map[string]string{"AuroraDSQLEndpoint": endpoint, "IAMDatabaseUser": "admin"}, right{"dsql:DbConnectAdmin", cluster}},
		{"by a VPC endpoint's name and an id", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "AuroraDSQLClusterResourceId": clusterID}, right{"dsql:DbConnect", cluster}},
		{"by a host too", map[string]string{"AuroraDSQLEndpoint": vpcEndpoint, "DSQLHost": private}, right{"dsql:DbConnect", cluster}},
		{"by a host alone", map[string]string{"DSQLHost": private}, right{"dsql:DbConnect", cluster}},
		{"an id before a host", map[string]string{"DSQLHost": other + strings.TrimPrefix(private, clusterID), "AuroraDSQLClusterResourceId": clusterID}, right{"dsql:DbConnect", cluster}},
		{"a host before an endpoint", map[string]string{"AuroraDSQLEndpoint": other + strings.TrimPrefix(endpoint, clusterID), "DSQLHost": private}, right{"dsql:DbConnect", cluster}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(append([]right{tt.want}, logs...), functionRights(t, load(t), tt.parameters)); diff != "" {
				t.Errorf("rights (-want +got):\n%s", diff)
			}
		})
	}
	trusted := in(load(t), "Resources", "FunctionRole", "Properties", "AssumeRolePolicyDocument", "Statement")
	want := []any{object{"Effect": "Allow", "Principal": object{"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}
	if diff := cmp.Diff(want, trusted); diff != "" {
		t.Errorf("who may take the role (-want +got):\n%s", diff)
	}
}

// TestTooManyRights: the check finds permissions that are too wide.
func TestTooManyRights(t *testing.T) {
	want := functionRights(t, load(t), nil)
	for old, broken := range map[string]string{
		"!If [AsAdmin, dsql:DbConnectAdmin, dsql:DbConnect]":                                  "dsql:*",
		"Action: [logs:CreateLogStream, logs:PutLogEvents]":                                   "Action: [logs:CreateLogStream, logs:PutLogEvents, logs:CreateLogGroup]",
		"Resource: !GetAtt FunctionLog.Arn":                                                   "Resource: \"*\"",
		"- MakeCluster\n                  - !GetAtt Cluster.ResourceArn\n                  -": "- MakeCluster\n                  - \"*\"\n                  -",
	} {
		if got := functionRights(t, parse(t, changed(t, old, broken)), nil); cmp.Equal(want, got) {
			t.Errorf("%s instead of %s isn't seen", broken, old)
		}
	}
}

// document returns a policy of docs/iam with its placeholders filled.
func document(t *testing.T, name string) (o object) {
	t.Helper()
	filled := strings.NewReplacer("REGION", region, "ACCOUNT", account, "CLUSTER", clusterID, "FUNCTION", "dsql-load-test-lambda").Replace(text(t, "docs/iam/"+name))
	if err := json.Unmarshal([]byte(filled), &o); err != nil {
		t.Fatal(err)
	}
	if o["Version"] != "2012-10-17" {
		t.Errorf("%s: version %v", name, o["Version"])
	}
	return o
}

// TestFunctionPolicy: the document has the permissions in the template.
func TestFunctionPolicy(t *testing.T) {
	want := functionRights(t, load(t), map[string]string{"AuroraDSQLEndpoint": endpoint})
	for i := range want {
		want[i].Resource = strings.Replace(want[i].Resource, "<FunctionLog.Arn>", "arn:aws:logs:"+region+":"+account+":log-group:/aws/lambda/dsql-load-test-lambda:*", 1)
	}
	if diff := cmp.Diff(want, rights(t, document(t, "function.json"))); diff != "" {
		t.Errorf("docs/iam/function.json (-template +document):\n%s", diff)
	}
}

// TestOperatorPolicy: the document has exactly the actions that the driver's calls need, on
// the function or the cluster, or on all resources if AWS has no resource type for the
// action (Service Authorization Reference).
func TestOperatorPolicy(t *testing.T) {
	got := map[string][]string{}
	for _, r := range rights(t, document(t, "operator.json")) {
		got[r.Action] = append(got[r.Action], r.Resource)
	}
	function := "arn:aws:lambda:" + region + ":" + account + ":function:dsql-load-test-lambda"
	want := map[string][]string{}
	for _, action := range calledActions(t) {
		switch service, _, _ := strings.Cut(action, ":"); {
		case action == "lambda:GetAccountSettings" || service == "cloudwatch":
			want[action] = []string{"*"}
		case service == "lambda":
			want[action] = []string{function, function + ":*"}
		default:
			want[action] = []string{cluster}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/iam/operator.json (-driver's calls +document):\n%s", diff)
	}
}
