// Package template checks lambda/template.yaml without AWS: its references, its result for
// given parameters, and that it fits the build and the program.
//
// It has its own parser and evaluator: the library goformation doesn't know
// AWS::DSQL::Cluster, LoggingConfig and AWS::Partition, returns nothing for a Select of a
// Split, and accepts a wrong reference as an empty one.
package template

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

// object is a template or a part of a template. Functions have their long form,
// {"Fn::Sub": ...}.
type object = map[string]any

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(root + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func load(t *testing.T) object { return parse(t, text(t, "lambda/template.yaml")) }

func parse(t *testing.T, template string) object {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(template), &node); err != nil {
		t.Fatal(err)
	}
	value, err := plain(node.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	return value.(object)
}

// plain returns a node's value with functions in their long form.
func plain(n *yaml.Node) (any, error) {
	value, err := untagged(n)
	name, short := strings.CutPrefix(n.Tag, "!")
	if !short || strings.HasPrefix(n.Tag, "!!") || err != nil {
		return value, err
	}
	switch name {
	case "Ref", "Condition":
		return object{name: value}, nil
	case "GetAtt":
		if dotted, ok := value.(string); ok {
			resource, attribute, _ := strings.Cut(dotted, ".")
			value = []any{resource, attribute}
		}
	}
	return object{"Fn::" + name: value}, nil
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		o := object{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := o[key]; twice {
				return nil, fmt.Errorf("line %d: %s stands there twice", n.Content[i].Line, key)
			}
			value, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			o[key] = value
		}
		return o, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			value, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.ScalarNode:
		return n.Value, nil // numbers too: CloudFormation compares them as text
	}
	return nil, fmt.Errorf("line %d: aliases aren't expected here", n.Line)
}

// in returns the value at a path; nil if there is none.
func in(o object, path ...string) any {
	var value any = o
	for _, name := range path {
		inner, ok := value.(object)
		if !ok {
			return nil
		}
		value = inner[name]
	}
	return value
}
