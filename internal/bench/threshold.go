package bench

// Threshold is a demand on one figure, and whether a run meets it.
type Threshold struct {
	Text     string   `json:"text"`               // as it was given, such as "batch.p99<50ms"
	Scenario Scenario `json:"scenario,omitempty"` // empty: a figure of the whole run
	Figure   string   `json:"figure"`             // such as "p99"
	Operator string   `json:"operator"`           // <, <=, >, >=, == or !=
	Limit    float64  `json:"limit"`              // in Unit
	Unit     string   `json:"unit"`               // such as "ms" or "rows/s"; empty for a plain number
	Value    *float64 `json:"value"`              // in Unit; null when there is none, which fails
	OK       bool     `json:"ok"`
}
