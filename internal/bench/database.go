package bench

import (
	"cmp"
	"strconv"
	"strings"
)

// Database identifies a database and the suite's table in it. Fields that the database
// doesn't report are empty or 0.
type Database struct {
	Cluster string `json:"cluster,omitempty"` // endpoint of a DSQL cluster
	// System is PostgreSQL's system identifier, which stays the same when the address changes.
	// It is text because many JSON readers can't hold such a large number exactly.
	System   string `json:"system_identifier,omitempty"`
	Name     string `json:"name,omitempty"`
	TableOID int64  `json:"table_oid,omitempty"` // 0 also if the table doesn't exist
}

// String describes the database in words.
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

// Same compares two databases by the fields that both have. differs: they are two databases,
// or two tables that had the same name. sure: there was enough to decide; if it is false, an
// equal result only means that no difference was found.
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

// clusterOf returns the id and the region of a cluster, which all of its endpoints contain:
// ID.dsql.REGION.on.aws, or ID.dsql-SUFFIX.REGION.on.aws for a private endpoint. It returns
// "" for any other name, because that may be an alias of any cluster.
func clusterOf(endpoint string) string {
	parts := strings.Split(strings.TrimSuffix(strings.ToLower(endpoint), "."), ".")
	if len(parts) != 5 || !strings.HasPrefix(parts[1], "dsql") || parts[3] != "on" || parts[4] != "aws" {
		return ""
	}
	return parts[0] + "." + parts[2]
}

// WrittenTo returns the database that the run's rows were written to. In this order, it is
// the database in which a check found the rows, the database of the local target, the
// function's cluster, or the database that the driver checked, unless a check found no row
// there. ok is false if none is known.
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
		return *r.Run.Database, true // the function has no other database
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
