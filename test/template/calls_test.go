package template

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const sdk = "github.com/aws/aws-sdk-go-v2/"

// calledActions returns the IAM actions that the program's calls of AWS need. It finds them
// in the sources: each call has an Input type, each token a function that makes it.
func calledActions(t *testing.T) []string {
	t.Helper()
	actions := map[string]bool{}
	for _, folder := range []string{"driver", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return actionsIn(path, actions)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	delete(actions, "sts:GetCallerIdentity") // needs no right
	if len(actions) < 2 {
		t.Fatalf("found only %v", actions)
	}
	return slices.Sorted(maps.Keys(actions))
}

func actionsIn(path string, actions map[string]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	packages := map[string]string{} // by the name that the file gives them
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return err
		}
		if own, found := strings.CutPrefix(path, sdk); found {
			name := filepath.Base(path)
			if i.Name != nil {
				name = i.Name.Name
			}
			packages[name] = own
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				if action := actionOf(packages[x.Name], s.Sel.Name); action != "" {
					actions[action] = true
				}
			}
		}
		return true
	})
	return nil
}

// actionOf returns the action that the use of an SDK name needs; "" if it needs none.
func actionOf(from, name string) string {
	service, isService := strings.CutPrefix(from, "service/")
	call, isInput := strings.CutSuffix(name, "Input")
	switch {
	case from == "feature/dsql/auth" && name == "GenerateDbConnectAuthToken":
		return "dsql:DbConnect"
	case from == "feature/dsql/auth" && name == "GenerateDBConnectAdminAuthToken":
		return "dsql:DbConnectAdmin"
	case from == "service/lambda" && (name == "InvokeInput" || name == "InvokeWithResponseStreamInput"):
		return "lambda:InvokeFunction"
	case from == "service/cloudwatch" && name == "EndpointParameters": // a query in PromQL needs GetMetricData too
		return "cloudwatch:ListMetrics"
	case isService && isInput && !strings.Contains(service, "/"):
		return service + ":" + call
	}
	return ""
}
