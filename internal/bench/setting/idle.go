package setting

import (
	"fmt"

	"dsql-load-test/internal/bench"
)

// idle reports whether a setting has no effect. where names the reason for a message; ""
// means that the setting has an effect. cure says how to give it one.
type idle func(v *Values) (where, cure string)

func onlyLocal(v *Values) (where, cure string) {
	switch {
	case v.Config.Target == bench.AWS:
		return v.onTarget(), ""
	case v.EndpointURL != "":
		return "with " + v.Named("endpoint-url"), ""
	}
	return "", ""
}

func onlyThrowaway(v *Values) (where, cure string) { return withoutDatabase(v, onlyLocal) }

func onlyCluster(v *Values) (where, cure string) { return withoutDatabase(v, onlyAWS) }

// withoutDatabase is rule, and also reports a setting with --database-url as idle.
func withoutDatabase(v *Values, rule idle) (where, cure string) {
	if where, cure = rule(v); where == "" && v.DatabaseURL != "" {
		where = "with " + v.Named("database-url")
	}
	return where, cure
}

func onlyAWS(v *Values) (where, cure string) {
	if v.Config.Target == bench.AWS {
		return "", ""
	}
	if v.Config.Origin["target"] == v.Named("endpoint-url") { // the endpoint may be one of AWS
		cure = ", or go with --target aws"
	}
	return v.onTarget(), cure
}

func onlyWithDatabase(v *Values) (where, cure string) {
	if v.Config.Target != bench.AWS && v.DatabaseURL == "" {
		return v.onTarget(), ""
	}
	return "", ""
}

// onTarget returns the target and its source for a message.
func (v *Values) onTarget() string {
	name := "on the local target"
	if v.Config.Target == bench.AWS {
		name = "on AWS"
	}
	if origin := v.Config.Origin["target"]; origin != "" {
		name += " (from " + origin + ")"
	}
	return name
}

// refuseIdle refuses flags that have no effect. A variable may be set for other commands,
// so refuseIdle resets its value to the default. It refuses --fault in both cases, because
// a run without faults must not be taken for a run that survived them.
func (v *Values) refuseIdle() (faults []error) {
	defaults := Defaults()
	for _, s := range Table() {
		if s.Idle == nil || !v.Has(s.Flag) {
			continue
		}
		where, cure := s.Idle(v)
		if where == "" {
			continue
		}
		if v.Typed(s.Flag) || s.Flag == "fault" {
			faults = append(faults, fmt.Errorf("%s = %v: must be left out %s, where it has no effect%s", v.Named(s.Flag), s.flagValue(v), where, cure))
			continue
		}
		assign(s.At(v), s.At(&defaults))
		delete(v.given, s.Flag)
	}
	return faults
}
