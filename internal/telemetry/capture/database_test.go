package capture

// testDatabase is where the tests' statements seem to go.
func testDatabase() Database {
	return Database{
		Host: "127.0.0.1", Port: 5432, Name: "postgres", Schema: "car_entities_schema", Table: "business_events", PoolName: "127.0.0.1/postgres",
	}
}
