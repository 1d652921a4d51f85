// Package setting is the table of all settings: one row gives a setting's flag, variable,
// key in config.json, help, range and place in Values.
//
// Read setting.go (a row), table.go and tablechecks.go (the rows), kind.go (allowed
// values), then values.go (the values of one command). flag.go and list.go make flags of
// the rows, environment.go and file.go read the variables and config.json, and resolve.go
// combines all three: target.go infers the target, validate.go checks what a run stores,
// check.go the other values, and idle.go refuses flags without effect.
package setting

import (
	"slices"
	"strings"
)

// Group is the section of the help that lists a setting.
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

// Commands is a set of the commands that have a flag besides driver run and driver cost,
// which have all flags.
type Commands uint8

// The commands of a set.
const (
	Doctor  Commands = 1 << iota // has what decides what a run needs
	Cleanup                      // has what decides how many rows a run writes
	Local                        // has what describes the local target
)

// Setting is a row of Table: a value that a command takes from a flag, a variable or
// config.json.
type Setting struct {
	Flag  string // without dashes; empty: only config.json has the setting
	Key   string // in config.json and in the results; empty: only a flag has the setting
	Group Group
	For   Commands // that have the flag too
	Help  string   // of the flag; also describes the key in the JSON Schemas
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

// VariablePrefix begins the name of each variable that sets a flag.
const VariablePrefix = "DSQLLOAD_"

// Flags returns the names of all flags, in the order of the table.
func Flags() []string { return flagsWhere(func(Setting) bool { return true }) }

// FlagsFor returns the names of the flags that a command of the set has, in the same order.
func FlagsFor(c Commands) []string { return flagsWhere(func(s Setting) bool { return s.For&c != 0 }) }

func flagsWhere(chosen func(Setting) bool) []string {
	var names []string
	for _, s := range Table() {
		if s.Flag != "" && chosen(s) && !slices.Contains(names, s.Flag) {
			names = append(names, s.Flag)
		}
	}
	return names
}

// Renamed returns the current name of a flag by its former name; "" if no flag had it.
func Renamed(flag string) string {
	for _, s := range Table() {
		if s.Was != "" && s.Was == flag {
			return s.Flag
		}
	}
	return ""
}

// rows returns the rows of a flag: two if each scenario has its own value.
func rows(flag string) []Setting {
	return slices.DeleteFunc(Table(), func(s Setting) bool { return s.Flag != flag })
}

// inFile returns the row of a key in config.json.
func inFile(key string) (Setting, bool) {
	all := Table()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Key == key && !s.NotFile })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}
