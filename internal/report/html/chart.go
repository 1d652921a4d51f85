package html

// chart is one drawing. asset/page.js draws it from its JSON.
type chart struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Note   string `json:"-"`
	Wide   bool   `json:"-"`
	Height int    `json:"height"`
	// Missing says why there is nothing to draw; empty if there is something.
	Missing string    `json:"-"`
	Sync    string    `json:"sync,omitempty"` // charts of one name share their cursor
	X       axis      `json:"x"`
	Y       axis      `json:"y"`
	Y2      *axis     `json:"y2,omitempty"`
	Series  []series  `json:"series"`
	Xs      []float64 `json:"xs"` // ascending
	// Labels describe each of Xs, if a number doesn't.
	Labels []string `json:"labels,omitempty"`
	Shades []shade  `json:"shades,omitempty"`
	Marks  []mark   `json:"marks,omitempty"`
}

// axis is a scale with its name. Format is seconds, count, ms, percentile or
// bucket.
type axis struct {
	Label  string  `json:"label"`
	Format string  `json:"format"`
	Log    bool    `json:"log,omitempty"`
	From   float64 `json:"from,omitempty"` // only for an x axis; if To is 0, the data determine both
	To     float64 `json:"to,omitempty"`
}

// series is one line, or set of marks, with a value for each x.
type series struct {
	Name  string `json:"name"`
	Color string `json:"color"` // name of a colour in asset/page.css
	Kind  string `json:"kind"`  // line, area, bars, stack or points
	// Band fills the space between this line and the previous one.
	Band   bool       `json:"band,omitempty"`
	Right  bool       `json:"right,omitempty"` // on the axis Y2
	Values []*float64 `json:"values"`
}

// shade marks a part of the x axis.
type shade struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Label string  `json:"label"`
}

// mark is a line across the chart at one x.
type mark struct {
	At    float64 `json:"at"`
	Label string  `json:"label"`
}

// palette returns colours for kinds, which colour-blind readers can distinguish too.
func palette() []string { return []string{"k1", "k2", "k3", "k4", "k5", "k6", "k7"} }
