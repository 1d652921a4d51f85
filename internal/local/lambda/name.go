package lambda

import (
	"fmt"
	"regexp"
	"strings"
)

// account is the account of the service's function, unless its name has one.
const account = "000000000000"

// latest is the qualifier of the version that isn't published.
const latest = "$LATEST"

// function is the name of a function in an Invoke request or in Options: NAME,
// ACCOUNT:function:NAME or arn:aws:lambda:REGION:ACCOUNT:function:NAME, each with a
// qualifier or without.
type function struct{ region, account, name, qualifier string }

// ValidName reports whether text is a function's name or ARN, or a part of an ARN
// (AWS Lambda API Reference, Invoke, FunctionName).
func ValidName(text string) bool {
	const form = `^(arn:aws[a-zA-Z-]*:lambda:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:function:|[0-9]{12}:function:)?[a-zA-Z0-9_-]{1,64}(:(\$LATEST|[a-zA-Z0-9_-]{1,128}))?$`
	return regexp.MustCompile(form).MatchString(text)
}

// parse reads a name. A region or an account that text leaves out is taken from base; a
// missing qualifier is empty.
func (base function) parse(text string) function {
	f := function{region: base.region, account: base.account, name: text}
	if before, after, found := strings.Cut(text, ":function:"); found {
		f.name = after
		parts := strings.Split(before, ":")
		f.account = parts[len(parts)-1]
		if len(parts) == 5 { // arn:aws:lambda:REGION:ACCOUNT
			f.region = parts[3]
		}
	}
	f.name, f.qualifier, _ = strings.Cut(f.name, ":")
	return f
}

func (f function) arn() string {
	arn := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", f.region, f.account, f.name)
	if f.qualifier != "" {
		arn += ":" + f.qualifier
	}
	return arn
}

// functions are all names of the service's one function. The environments get the first.
type functions []function

func functionsOf(o Options) functions {
	base := function{region: o.Region, account: account}
	all := functions{base.parse(o.FunctionName)}
	for _, name := range o.OtherNames {
		all = append(all, base.parse(name))
	}
	return all
}

// invoked returns the function of an Invoke request. If the service doesn't serve it,
// it returns the name that was asked for and false.
func (all functions) invoked(name, qualifier string) (f function, served bool) {
	for _, f := range all {
		if f.serves(f.asked(name, qualifier)) {
			return f, true
		}
	}
	return all[0].asked(name, qualifier), false
}

// asked returns the function that an Invoke request names. qualifier, its parameter, may
// be empty.
func (base function) asked(name, qualifier string) function {
	f := base.parse(name)
	if qualifier != "" {
		f.qualifier = qualifier
	}
	return f
}

// serves reports whether asked is f, with the same qualifier, $LATEST or none. There are
// no other versions and no other aliases.
func (f function) serves(asked function) bool {
	known := asked.qualifier == "" || asked.qualifier == latest || asked.qualifier == f.qualifier
	asked.qualifier = f.qualifier
	return known && asked == f
}
