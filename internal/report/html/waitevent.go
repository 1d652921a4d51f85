package html

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// waitEvents shows what the cluster's sessions did by CloudWatch, and beside it where the time of
// the slowest statements went by this program's clocks.
func waitEvents(r *bench.Record) []block {
	w := r.CloudWatch.WaitEvents
	if w == nil {
		return nil
	}
	var blocks []block
	if missing := w.Missing(); missing != "" {
		blocks = append(blocks, note("Wait events: "+missing))
	}
	if len(w.Events) == 0 {
		return blocks
	}
	t := &table{Caption: "Sessions by wait event", Head: []string{"wait event", "meaning", "average active sessions#", "share#", "course"}}
	for i := range w.Events {
		e := &w.Events[i]
		spark := cell{Spark: sparkline(e.Points), Hint: sparkHint(e.Points)}
		t.Rows = append(t.Rows, append(row(e.Name, e.Means(), figure.Sessions(e.Sessions), figure.WaitShare(w, e)), spark))
	}
	t.Note = fmt.Sprintf("Of %s, warm-up included, as the cluster samples its sessions each second while their transaction is open. For an INSERT that is within the phase query.", w.Application)
	blocks = append(blocks, block{Table: t})
	for _, s := range r.Summaries() {
		if b := slowestBar(s); b != nil {
			b.Title = fmt.Sprintf("%s: %s", figure.Title(s.Scenario), b.Title)
			blocks = append(blocks, block{Bar: b})
		}
	}
	return blocks
}
