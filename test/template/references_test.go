package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// attributes are the attributes that GetAtt can return, by type of resource (AWS's resource
// reference, "Return values").
func attributes() map[string][]string {
	return map[string][]string{
		"AWS::EC2::SecurityGroup":   {"GroupId", "VpcId"},
		"AWS::DSQL::Cluster":        {"Endpoint", "Identifier", "ResourceArn", "Status", "VpcEndpointServiceName"},
		"AWS::IAM::Role":            {"Arn", "RoleId"},
		"AWS::Logs::LogGroup":       {"Arn"},
		"AWS::Serverless::Function": {"Arn"},
	}
}

// pseudo are the pseudo parameters, which every template has.
func pseudo() []string {
	return []string{"AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}
}

// survey walks a template and records its faults and the names that it uses.
type survey struct {
	template object
	used     map[string]bool // parameters, resources and conditions
	faults   []string
}

// references returns the faults in a template's references: references to unknown names,
// unused names, and references to resources that may not exist.
func references(template object) []string {
	s := &survey{template: template, used: map[string]bool{}}
	for _, section := range []string{"Conditions", "Resources", "Outputs"} {
		for name, entry := range s.section(section) {
			var given []string
			if c, ok := in(object{"": entry}, "", "Condition").(string); ok && section != "Conditions" {
				s.condition(section+"."+name, c)
				given = append(given, c)
			}
			s.walk(section+"."+name, entry, given)
		}
	}
	for name, rule := range s.section("Rules") {
		s.rule("Rules."+name, rule)
	}
	for _, section := range []string{"Parameters", "Conditions"} {
		for name := range s.section(section) {
			if !s.used[name] {
				s.fault(section+"."+name, "is not used")
			}
		}
	}
	slices.Sort(s.faults)
	return s.faults
}

func (s *survey) section(name string) object {
	o, _ := s.template[name].(object)
	return o
}

func (s *survey) fault(at, format string, args ...any) {
	s.faults = append(s.faults, at+": "+fmt.Sprintf(format, args...))
}

// walk checks a value that exists only if the conditions of given are true.
func (s *survey) walk(at string, value any, given []string) {
	switch v := value.(type) {
	case []any:
		for i, inner := range v {
			s.walk(fmt.Sprintf("%s[%d]", at, i), inner, given)
		}
	case object:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if key == "Ref" || key == "Condition" && len(v) == 1 || strings.HasPrefix(key, "Fn::") {
				s.function(at, key, v[key], given)
				continue
			}
			s.walk(at+"."+key, v[key], given)
		}
	}
}

func (s *survey) function(at, name string, argument any, given []string) {
	list, _ := argument.([]any)
	word, _ := argument.(string)
	switch {
	case name == "Ref":
		s.reference(at, word, "", given)
	case name == "Condition":
		s.condition(at, word)
	case name == "Fn::GetAtt" && len(list) == 2:
		resource, _ := list[0].(string)
		attribute, _ := list[1].(string)
		s.reference(at, resource, attribute, given)
	case name == "Fn::If" && len(list) == 3:
		condition, _ := list[0].(string)
		s.condition(at, condition)
		s.walk(at, list[1], append(slices.Clone(given), condition))
		s.walk(at, list[2], given)
	case name == "Fn::Sub" && word != "":
		s.substitutes(at, word, nil, given)
	case name == "Fn::Sub" && len(list) == 2:
		own, _ := list[1].(object)
		word, _ = list[0].(string)
		s.substitutes(at, word, own, given)
		s.walk(at, own, given)
	case slices.Contains([]string{"Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or", "Fn::Join", "Fn::Select", "Fn::Split"}, name) && list != nil:
		s.walk(at, list, given)
	default:
		s.fault(at, "%s of %v isn't known", name, argument)
	}
}

// rule checks a part of a rule, which may use only parameters and rule functions. A parameter
// that only rules use counts as unused.
func (s *survey) rule(at string, value any) {
	switch v := value.(type) {
	case []any:
		for i, inner := range v {
			s.rule(fmt.Sprintf("%s[%d]", at, i), inner)
		}
	case object:
		for key, inner := range v {
			parameter, _ := inner.(string)
			switch {
			case key == "Ref" && s.section("Parameters")[parameter] == nil:
				s.fault(at, "%s is no parameter", parameter)
			case key == "Condition", strings.HasPrefix(key, "Fn::") && !slices.Contains(ruleFunctions(), key):
				s.fault(at, "a rule can't use %s", key)
			}
			s.rule(at+"."+key, inner)
		}
	}
}

// ruleFunctions are the rule functions that read only parameters (AWS's "Rule functions").
func ruleFunctions() []string {
	return []string{"Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not", "Fn::Or"}
}

func (s *survey) substitutes(at, word string, own object, given []string) {
	for _, m := range regexp.MustCompile(`\$\{([^!}][^}]*)\}`).FindAllStringSubmatch(word, -1) {
		if _, there := own[m[1]]; there {
			continue
		}
		resource, attribute, _ := strings.Cut(m[1], ".")
		s.reference(at, resource, attribute, given)
	}
	for name := range own {
		if !strings.Contains(word, "${"+name+"}") {
			s.fault(at, "%s isn't in %q", name, word)
		}
	}
}

// reference checks a GetAtt, or a Ref if attribute is empty.
func (s *survey) reference(at, name, attribute string, given []string) {
	resource, isResource := s.section("Resources")[name].(object)
	_, isParameter := s.section("Parameters")[name]
	switch {
	case isResource:
	case attribute == "" && (isParameter || slices.Contains(pseudo(), name)):
	default:
		s.fault(at, "%s isn't there", name)
		return
	}
	s.used[name] = true
	kind, _ := resource["Type"].(string)
	if attribute != "" && !slices.Contains(attributes()[kind], attribute) {
		s.fault(at, "%s has no attribute %s", kind, attribute)
	}
	if only, ok := resource["Condition"].(string); ok && !slices.Contains(given, only) {
		s.fault(at, "%s is there only if %s, which isn't asked", name, only)
	}
}

func (s *survey) condition(at, name string) {
	if _, there := s.section("Conditions")[name]; !there {
		s.fault(at, "condition %s isn't there", name)
	}
	s.used[name] = true
}
