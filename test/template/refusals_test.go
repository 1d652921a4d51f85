package template

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// refusals returns the reasons for which CloudFormation refuses the parameters before it
// makes any resource: the constraints of each parameter, then the rules.
func (s *stack) refusals() (all []string) {
	parameters := s.template["Parameters"].(object)
	for _, name := range slices.Sorted(maps.Keys(s.given)) {
		if parameters[name] == nil {
			all = append(all, name+": there is no such parameter")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !fits(parameters[name].(object), s.parameter(name)) {
			all = append(all, name+" = "+s.parameter(name))
		}
	}
	rules, _ := s.template["Rules"].(object)
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		all = append(all, s.brokenBy(rules[name].(object))...)
	}
	return all
}

// fits reports whether a parameter's constraints allow a value.
func fits(parameter object, value string) bool {
	if pattern, ok := parameter["AllowedPattern"].(string); ok && !regexp.MustCompile("^(?:"+pattern+")$").MatchString(value) {
		return false
	}
	if allowed, ok := parameter["AllowedValues"].([]any); ok && !slices.Contains(allowed, any(value)) {
		return false
	}
	if parameter["Type"] != "Number" {
		return true
	}
	number, err := strconv.Atoi(value)
	return err == nil && number >= bound(parameter["MinValue"], number) && number <= bound(parameter["MaxValue"], number)
}

// bound returns the number of a constraint; otherwise if there is none.
func bound(constraint any, otherwise int) int {
	text, _ := constraint.(string)
	if number, err := strconv.Atoi(text); err == nil {
		return number
	}
	return otherwise
}

// brokenBy returns the descriptions of a rule's assertions that are false.
func (s *stack) brokenBy(rule object) (all []string) {
	if condition, ok := rule["RuleCondition"].(object); ok && !s.truth(condition) {
		return nil
	}
	for _, a := range rule["Assertions"].([]any) {
		if assertion := a.(object); !s.truth(assertion["Assert"].(object)) {
			all = append(all, assertion["AssertDescription"].(string))
		}
	}
	return all
}
