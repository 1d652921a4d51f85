package figure

import "dsql-load-test/internal/bench"

func machineFigures() []Figure {
	machine := func(value func(*bench.ClientLoad) *float64) func(*bench.Summary) *float64 {
		return of(func(s *bench.Summary) *bench.ClientLoad { return s.Client }, value)
	}
	return []Figure{
		{Name: "machine_cpu", Unit: "%", Means: "mean load of the driver's machine", Absent: absentMoment, summary: machine(func(c *bench.ClientLoad) *float64 { return percent(c.MachineCPUAvg) })},
		{Name: "driver_cpu", Unit: "%", Means: "mean load of that machine by the driver alone", Absent: absentMachine, summary: machine(func(c *bench.ClientLoad) *float64 { return percent(&c.DriverCPUAvg) })},
		{Name: "lag_p99", Unit: "ms", Means: "99th percentile of how late the driver's timers fired", Absent: absentMoment, summary: machine(func(c *bench.ClientLoad) *float64 { return c.LagP99Ms })},
		{Name: "lag_max", Unit: "ms", Means: "the latest of the driver's timers", Absent: absentMoment, summary: machine(func(c *bench.ClientLoad) *float64 { return c.LagMaxMs })},
		{
			Name: "clock_offset", Unit: "ms", Means: "how far, at least, the function's clock was from the driver's", Absent: "no invocation succeeded, or " + AbsentDetail, Detail: true,
			summary: func(s *bench.Summary) *float64 { return s.ClockOffset },
		},
	}
}

// percent returns a share of 1 in percent; nil if there is none.
func percent(share *float64) *float64 {
	if share == nil {
		return nil
	}
	return new(100 * *share)
}
