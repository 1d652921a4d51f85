package bench

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOwnTimeAddsUp(t *testing.T) {
	phases := []PhaseTime{
		{Phase: "acquire", StartMs: 1, Ms: 50},
		{Phase: "connect", StartMs: 10, Ms: 30},
		{Phase: "tls", StartMs: 20, Ms: 10},
		{Phase: "query", StartMs: 51, Ms: 60}, // ends after the statement did
	}
	want := map[string]float64{"between": 1, "acquire": 20, "connect": 20, "tls": 10, "query": 49}
	if diff := cmp.Diff(want, OwnTime(phases, 100)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestDominantPhase(t *testing.T) {
	for _, c := range []struct {
		name      string
		latencyUs int64
		phases    []PhaseTime
		phase     string
		ms        float64
	}{
		{"nobody observed it", 5000, nil, "", 0},
		{"one phase", 5000, []PhaseTime{{Attempt: 1, Phase: "query", Ms: 5}}, "query", 5},
		{
			"the outer phases are longer, and waited alone for less", 100_000, []PhaseTime{
				{Attempt: 1, Phase: "acquire", Ms: 80},
				{Attempt: 1, Phase: "connect", StartMs: 10, Ms: 70},
				{Attempt: 1, Phase: "dial", StartMs: 15, Ms: 5},
				{Attempt: 1, Phase: "tls", StartMs: 20, Ms: 50},
				{Attempt: 1, Phase: "query", StartMs: 80, Ms: 20},
			}, "tls", 50,
		},
		{
			"waiting for a connection that another opens", 100_000, []PhaseTime{
				{Attempt: 1, Phase: "acquire", Ms: 80}, {Attempt: 1, Phase: "connect", StartMs: 60, Ms: 20}, {Attempt: 1, Phase: "query", StartMs: 80, Ms: 20},
			}, "acquire", 60,
		},
		{
			"waits between attempts", 100_000, []PhaseTime{
				{Attempt: 1, Phase: "query", Ms: 15},
				{Attempt: 2, Phase: "backoff", StartMs: 15, Ms: 20},
				{Attempt: 2, Phase: "query", StartMs: 35, Ms: 15},
				{Attempt: 3, Phase: "backoff", StartMs: 50, Ms: 35},
				{Attempt: 3, Phase: "query", StartMs: 85, Ms: 15},
			}, "backoff", 55,
		},
		{
			"short in each of many attempts", 60_000, []PhaseTime{
				{Attempt: 1, Phase: "query", Ms: 18}, {Attempt: 2, Phase: "backoff", StartMs: 18, Ms: 22}, {Attempt: 2, Phase: "query", StartMs: 40, Ms: 20},
			}, "query", 38,
		},
		{
			"alike", 30_000, []PhaseTime{
				{Attempt: 1, Phase: "query", StartMs: 20, Ms: 10}, {Attempt: 1, Phase: "acquire", Ms: 10}, {Attempt: 1, Phase: "prepare", StartMs: 10, Ms: 10},
			}, "acquire", 10,
		},
		{"no phase covers most of it", 100_000, []PhaseTime{{Attempt: 1, Phase: "query", StartMs: 70, Ms: 30}}, "between", 70},
		{"took no time", 0, []PhaseTime{{Attempt: 1, Phase: "query"}}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Statement{LatencyUs: c.latencyUs, Phases: c.phases}
			for range 20 { // a map's order isn't the same twice
				if phase, ms := s.DominantPhase(); phase != c.phase || ms != c.ms {
					t.Fatalf("%s, %v ms; want %s, %v ms", phase, ms, c.phase, c.ms)
				}
			}
		})
	}
}
