package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Account and region of the evaluated stack.
const (
	region  = "eu-west-1"
	account = "123456789012"
)

// absent is the value of Ref AWS::NoValue.
type absent struct{}

// stack is a template with the values of its parameters.
type stack struct {
	t        *testing.T
	template object
	given    map[string]string
}

// with returns the template as CloudFormation evaluates it with valid parameters. The values
// of a resource become <Resource> and <Resource.Attribute>. Resources whose condition is
// false are left out.
func with(t *testing.T, template object, parameters map[string]string) object {
	t.Helper()
	s := &stack{t, template, parameters}
	if refused := s.refusals(); refused != nil {
		t.Fatalf("parameters %v are refused: %q", parameters, refused)
	}
	resources := object{}
	for name, resource := range template["Resources"].(object) {
		if c, ok := resource.(object)["Condition"].(string); !ok || s.holds(c) {
			resources[name] = s.value(resource)
		}
	}
	return object{"Resources": resources, "Outputs": s.value(template["Outputs"])}
}

func (s *stack) value(v any) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, inner := range v {
			if value := s.value(inner); value != (absent{}) {
				list = append(list, value)
			}
		}
		return list
	case object:
		o := object{}
		for key, inner := range v {
			if len(v) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
				return s.function(key, inner)
			}
			if value := s.value(inner); value != any(absent{}) {
				o[key] = value
			}
		}
		return o
	}
	return v
}

func (s *stack) function(name string, argument any) any {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		return s.reference(argument.(string))
	case "Fn::GetAtt":
		return "<" + list[0].(string) + "." + list[1].(string) + ">"
	case "Fn::If":
		if s.holds(list[0].(string)) {
			return s.value(list[1])
		}
		return s.value(list[2])
	case "Fn::Sub":
		return s.substitute(argument)
	case "Fn::Join":
		var parts []string
		for _, p := range s.value(list[1]).([]any) {
			parts = append(parts, p.(string))
		}
		return strings.Join(parts, list[0].(string))
	case "Fn::Split":
		return words(s.value(list[1]).(string), list[0].(string))
	case "Fn::Select":
		i, err := strconv.Atoi(list[0].(string))
		if err != nil {
			s.t.Fatal(err)
		}
		return s.value(list[1]).([]any)[i]
	}
	s.t.Fatalf("%s isn't known", name)
	return nil
}

func words(text, separator string) []any {
	list := []any{}
	for _, word := range strings.Split(text, separator) {
		list = append(list, word)
	}
	return list
}

func (s *stack) reference(name string) any {
	switch name {
	case "AWS::NoValue":
		return absent{}
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return region
	case "AWS::AccountId":
		return account
	}
	p, ok := in(s.template, "Parameters", name).(object)
	if !ok {
		return "<" + name + ">"
	}
	if p["Type"] == "CommaDelimitedList" {
		return words(s.parameter(name), ",")
	}
	return s.parameter(name)
}

// parameter returns the given value of a parameter, or its default.
func (s *stack) parameter(name string) string {
	if value, ok := s.given[name]; ok {
		return value
	}
	return in(s.template, "Parameters", name, "Default").(string)
}

func (s *stack) substitute(argument any) string {
	own := object{}
	if list, ok := argument.([]any); ok {
		argument, own = list[0], s.value(list[1]).(object)
	}
	return regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllStringFunc(argument.(string), func(m string) string {
		name := m[2 : len(m)-1]
		if value, ok := own[name]; ok {
			return value.(string)
		}
		if strings.Contains(name, ".") {
			return "<" + name + ">"
		}
		return s.reference(name).(string)
	})
}

func (s *stack) holds(name string) bool {
	condition, ok := in(s.template, "Conditions", name).(object)
	if !ok {
		s.t.Fatalf("there is no condition %s", name)
	}
	return s.truth(condition)
}

// truth evaluates a condition of Conditions or Rules.
func (s *stack) truth(condition object) bool {
	for name, argument := range condition {
		list, _ := argument.([]any)
		holds := func(inner any) bool { return s.truth(inner.(object)) }
		switch name {
		case "Condition":
			return s.holds(argument.(string))
		case "Fn::Not":
			return !holds(list[0])
		case "Fn::And":
			return !slices.ContainsFunc(list, func(inner any) bool { return !holds(inner) })
		case "Fn::Or":
			return slices.ContainsFunc(list, holds)
		case "Fn::Equals":
			return s.value(list[0]) == s.value(list[1])
		case "Fn::EachMemberEquals":
			return !slices.ContainsFunc(s.value(list[0]).([]any), func(member any) bool { return member != list[1] })
		}
	}
	s.t.Fatalf("condition %v isn't known", condition)
	return false
}
