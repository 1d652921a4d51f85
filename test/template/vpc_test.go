package template

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVpc: the function's subnets and security groups, and the permissions that Lambda needs
// for them. The stack's security group lets the function connect only to the cluster's port.
func TestVpc(t *testing.T) {
	group := func(port string) object {
		return object{
			"GroupDescription": "The load test function, out to Aurora DSQL", "VpcId": "vpc-1",
			"SecurityGroupEgress": []any{object{
				"Description": "Aurora DSQL", "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0",
			}},
			"Tags": []any{object{"Key": "Name", "Value": "dsql-load-test-lambda"}},
		}
	}
	vpc := func(groups ...any) object {
		return object{"SubnetIds": []any{"subnet-1", "subnet-2"}, "SecurityGroupIds": groups}
	}
	managed := []any{"arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"}
	tests := []struct {
		name                                 string
		parameters                           map[string]string
		wantVpc, wantGroup, wantManagedRoles any
	}{
		{"in none", nil, nil, nil, nil},
		{"own groups", map[string]string{"SecurityGroupIds": "sg-1,sg-2"}, vpc("sg-1", "sg-2"), nil, managed},
		{"own groups and a VPC", map[string]string{"SecurityGroupIds": "sg-1", "VpcId": "vpc-1"}, vpc("sg-1"), nil, managed},
		{"a VPC alone", map[string]string{"VpcId": "vpc-1"}, vpc("<FunctionGroup.GroupId>"), group("5432"), managed},
		{"another port", map[string]string{"VpcId": "vpc-1", "AuroraDSQLPort": "6432"}, vpc("<FunctionGroup.GroupId>"), group("6432"), managed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.parameters != nil {
				tt.parameters["SubnetIds"] = "subnet-1,subnet-2"
			}
			stack := with(t, load(t), tt.parameters)
			want := object{"vpc": tt.wantVpc, "group": tt.wantGroup, "managed": tt.wantManagedRoles}
			got := object{
				"vpc": function(stack)["VpcConfig"], "group": in(stack, "Resources", "FunctionGroup", "Properties"),
				"managed": in(stack, "Resources", "FunctionRole", "Properties", "ManagedPolicyArns"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("VPC (-want +got):\n%s", diff)
			}
		})
	}
}
