package setting

import (
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
)

// Annotations of a flag.
const (
	GroupAnnotation  = "dsqlload.group"  // Group of the flag
	WordsAnnotation  = "dsqlload.words"  // the allowed values, if they are a list
	originAnnotation = "dsqlload.origin" // the variable that set the flag
)

// Add adds flags of the table to a command. v has their values only after Take or
// Resolve.
func (v *Values) Add(s *pflag.FlagSet, names ...string) {
	if v.parsed == nil {
		defaults := Defaults()
		v.parsed, v.set = &defaults, s
	}
	for _, name := range names {
		row := rows(name)[0]
		value := row.flagValue(v.parsed)
		if row.Default == "" {
			row.add(s, value)
			continue
		}
		row.Help += " (default " + row.Default + ")"
		// pflag shows no default that is the zero value of its type.
		row.add(s, value).DefValue = map[bool]string{true: "", false: "0"}[value.Type() == "string"]
	}
	v.added = append(v.added, names...)
}

// Own adds a flag of the table that sets pointer instead of a field of Values. help
// replaces the help text of the table unless it is empty.
func Own(s *pflag.FlagSet, name string, pointer any, help string) {
	row := rows(name)[0]
	if help != "" {
		row.Help = help
	}
	row.add(s, flagOf(pointer))
}

func (s Setting) add(to *pflag.FlagSet, value pflag.Value) *pflag.Flag {
	f := to.VarPF(value, s.Flag, "", s.Help)
	if value.Type() == "bool" {
		f.NoOptDefVal = "true"
	}
	f.Annotations = map[string][]string{GroupAnnotation: {string(s.Group)}}
	if len(s.Kind.Words) > 0 {
		f.Annotations[WordsAnnotation] = s.Kind.Words
	}
	return f
}

// flagValue returns a flag that sets the setting in v.
func (s Setting) flagValue(v *Values) pflag.Value {
	pointer := s.At(v)
	if s.Flag == "slow" {
		return (*slowLatency)(pointer.(*bench.SlowLatency))
	}
	return flagOf(pointer)
}

// flagOf returns a flag that sets the value of a row's pointer.
func flagOf(pointer any) pflag.Value {
	s := pflag.NewFlagSet("", pflag.ContinueOnError)
	const name = "value"
	switch p := pointer.(type) {
	case *int:
		s.IntVar(p, name, *p, "")
		return decimal{s.Lookup(name).Value}
	case *int64:
		s.Int64Var(p, name, *p, "")
		return decimal{s.Lookup(name).Value}
	case *bool:
		s.BoolVar(p, name, *p, "")
	case *time.Duration:
		s.DurationVar(p, name, *p, "")
	case *[]string:
		return List(p)
	case *[]bench.Scenario:
		return (*scenarios)(p)
	case *float64:
		s.Float64Var(p, name, *p, "")
	default: // a string type, such as bench.Target
		text := reflect.ValueOf(p).Convert(reflect.TypeFor[*string]()).Interface().(*string)
		s.StringVar(text, name, *text, "")
	}
	return s.Lookup(name).Value
}

// Integer returns a flag that stores a decimal integer in to.
func Integer(to *int) pflag.Value { return flagOf(to) }

// decimal is an integer without pflag's other notations, such as 0x10, and 010 for 8.
type decimal struct{ pflag.Value }

func (d decimal) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("must be an integer such as 10")
	}
	return d.Value.Set(strconv.FormatInt(n, 10))
}

// scenarios is the value of --scenario.
type scenarios []bench.Scenario

// Set stores an unknown scenario too: Validate reports it.
func (s *scenarios) Set(name string) error {
	switch name {
	case "1":
		*s = scenarios{bench.Individual}
	case "2":
		*s = scenarios{bench.Batch}
	case "both":
		*s = bench.Scenarios()
	default:
		*s = scenarios{bench.Scenario(name)}
	}
	return nil
}

func (s *scenarios) String() string {
	if len(*s) == 1 && (*s)[0] == bench.Individual {
		return "1"
	} else if len(*s) == 1 && (*s)[0] == bench.Batch {
		return "2"
	}
	return "both"
}

// Type returns the word for the value in the help.
func (s *scenarios) Type() string { return "string" }

// slowLatency is the value of --slow.
type slowLatency bench.SlowLatency

// Set takes auto, or a duration such as 50ms.
func (l *slowLatency) Set(text string) error {
	if text == bench.AutoSlow.String() {
		*l = slowLatency(bench.AutoSlow)
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New(`must be auto, or a duration like "100ms" or "30s"`)
	}
	*l = slowLatency(float64(d) / float64(time.Millisecond))
	return nil
}

func (l *slowLatency) String() string { return bench.SlowLatency(*l).String() }

// Type returns the word for the value in the help.
func (l *slowLatency) Type() string { return "duration" }
