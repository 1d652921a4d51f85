package setting

import (
	"slices"
	"strings"
)

// Group is the part of the help that lists a setting.
type Group string

// The groups, in the order of the help.
const (
	Plan      Group = "Plan"
	Target    Group = "Target"
	Load      Group = "Load"
	Checks    Group = "Checks"
	Output    Group = "Output"
	Telemetry Group = "Telemetry"
)

// Groups returns all groups in the order of the help.
func Groups() []Group { return []Group{Plan, Target, Load, Checks, Output, Telemetry} }

// Setting is a row of Table: a value that a command takes from a flag, a variable or
// config.json.
type Setting struct {
	Flag  string // without dashes; empty: only config.json has the setting
	Key   string // in config.json and in the results; empty: only a flag has the setting
	Group Group
	Help  string // of the flag; also describes the key in the JSON Schemas
	// Note describes the key in the JSON Schemas; empty: Help does.
	Note string
	// Default describes a default that depends on other settings; empty: the default is
	// the value that Defaults returns.
	Default string
	Kind    Kind
	// At returns a pointer to the value.
	At func(*Values) any

	NotFile  bool   // config.json doesn't have the key
	FileOnly bool   // the results don't have the key
	Opposite string // another flag that sets the same value
	Was      string // former name of the flag
	Idle     idle   // reports when the setting has no effect; nil: it always has one
}

// Variable returns the environment variable for a flag: DSQLLOAD_NUM_LAMBDAS for
// num-lambdas.
func Variable(flag string) string {
	return VariablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// VariablePrefix begins each variable that stands for a flag.
const VariablePrefix = "DSQLLOAD_"

// Flags returns the names of all flags of the table, in its order.
func Flags() []string {
	var names []string
	for _, s := range Table() {
		if s.Flag != "" && !slices.Contains(names, s.Flag) {
			names = append(names, s.Flag)
		}
	}
	return names
}

// Renamed returns the present name of a flag that had another one; "" if it never had.
func Renamed(flag string) string {
	for _, s := range Table() {
		if s.Was != "" && s.Was == flag {
			return s.Flag
		}
	}
	return ""
}

// rows returns the table's rows for a flag: two where both scenarios have the value.
func rows(flag string) []Setting {
	return slices.DeleteFunc(Table(), func(s Setting) bool { return s.Flag != flag })
}

// inFile returns the row of a key of config.json.
func inFile(key string) (Setting, bool) {
	all := Table()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Key == key && !s.NotFile })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}
