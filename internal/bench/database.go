package bench

import (
	"cmp"
	"strconv"
	"strings"
)

// Database says which database and which table in it somebody looked at. What the
// database doesn't tell is empty or 0.
type Database struct {
	Cluster string `json:"cluster,omitempty"` // a DSQL cluster's endpoint
	// System is PostgreSQL's system identifier: that of the files, whatever the address.
	// It is text, for it is larger than what JSON's readers take whole.
	System   string `json:"system_identifier,omitempty"`
	Name     string `json:"name,omitempty"`
	TableOID int64  `json:"table_oid,omitempty"` // 0 also where there is no table
}

// String is the identity in words.
func (d Database) String() string {
	oid := strings.TrimPrefix(strconv.FormatInt(d.TableOID, 10), "0")
	text := ""
	for _, part := range [][2]string{{"cluster", d.Cluster}, {"system identifier", d.System}, {"database", d.Name}, {"table oid", oid}} {
		if part[1] != "" {
			text += ", " + part[0] + " " + part[1]
		}
	}
	return cmp.Or(strings.TrimPrefix(text, ", "), "unknown")
}

// Same compares two identities by what both of them tell. differs: they are of two
// databases, or of two tables that had the same name. sure: that they are one is
// known, not only not disproved.
func (d Database) Same(other Database) (differs, sure bool) {
	switch a, b := clusterOf(d.Cluster), clusterOf(other.Cluster); {
	case d.System != "" && other.System != "":
		differs, sure = d.System != other.System, true
	case a != "" && b != "":
		differs, sure = a != b, true
	case a != "" && other.System != "" || b != "" && d.System != "": // DSQL has no system identifier
		differs = true
	default:
		sure = d.Cluster != "" && d.Cluster == other.Cluster
	}
	name := d.Name != "" && other.Name != "" && d.Name != other.Name
	table := d.TableOID != 0 && other.TableOID != 0 && d.TableOID != other.TableOID
	return differs || name || table, sure
}

// clusterOf is a cluster by its id and region, which all of its endpoints name:
// ID.dsql.REGION.on.aws, and ID.dsql-SUFFIX.REGION.on.aws of a private one. It is
// empty of any other name, which may be an alias of whatever.
func clusterOf(endpoint string) string {
	parts := strings.Split(strings.TrimSuffix(strings.ToLower(endpoint), "."), ".")
	if len(parts) != 5 || !strings.HasPrefix(parts[1], "dsql") || parts[3] != "on" || parts[4] != "aws" {
		return ""
	}
	return parts[0] + "." + parts[2]
}

// WrittenTo is the database that the run's rows went to, as far as that is known: the
// one in which a look found them, the function's cluster, or the one that the driver
// had at the time, unless it found none of them there. ok is false when nothing is known.
func (r *Record) WrittenTo() (d Database, ok bool) {
	looked := r.Run.Database
	for _, l := range r.Looks {
		switch v := &l.Verification; {
		case l.Database == nil:
		case v.OK && v.Present > 0:
			return *l.Database, true
		case looked != nil && *looked == *l.Database && !v.OK && v.Looked() && v.Present == 0:
			looked = nil
		}
	}
	if r.Run.LocalTarget != nil && r.Run.Database != nil {
		return *r.Run.Database, true // the function was given no other
	}
	if f := r.Run.Function; f != nil && f.Cluster != "" {
		of := Database{Cluster: f.Cluster}
		if looked == nil {
			return of, true
		}
		if differs, _ := of.Same(*looked); differs {
			return of, true
		}
	}
	if looked == nil {
		return Database{}, false
	}
	return *looked, true
}
