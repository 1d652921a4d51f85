package lambda

import (
	"fmt"
	"strings"
)

// account is the one that the service's function is in, unless its name is an ARN.
const account = "000000000000"

// latest is the qualifier of the code that isn't published.
const latest = "$LATEST"

// function is what an Invoke, or Options, names: NAME, ACCOUNT:function:NAME or
// arn:aws:lambda:REGION:ACCOUNT:function:NAME, each with a qualifier or without.
type function struct{ region, account, name, qualifier string }

// parse reads a name; what it leaves out is as in base. The qualifier stays empty.
func (base function) parse(text string) function {
	f := function{region: base.region, account: base.account, name: text}
	if before, after, found := strings.Cut(text, "function:"); found {
		f.name = after
		parts := strings.Split(strings.TrimSuffix(before, ":"), ":")
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

// serves reports whether asked is the function: as it is told to the service, or
// its $LATEST. There are no other versions, and no other aliases.
func (f function) serves(asked function) bool {
	known := asked.qualifier == "" || asked.qualifier == latest || asked.qualifier == f.qualifier
	asked.qualifier = f.qualifier
	return known && asked == f
}
