# make check is everything CI runs; make help lists the rest.
GOTOOL := go tool -modfile=$(CURDIR)/tools/go.mod
# The modules: the product with its tests, and the tests that take it as a whole, with what only they need.
MODULES := . test

.PHONY: help check setup lint tidy generate stack test bench build package up demo down

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

check: setup lint stack test ## everything CI runs: set-up, linters, all tests with the race detector

# Where npm's pg is put for the tests of the front.
NPM := $${XDG_CACHE_HOME:-$$HOME/.cache}/dsql-load-test/npm

setup: ## install what the tests need, where the machine lacks it: PostgreSQL's server programs, Chromium for the report, clients of PostgreSQL for the front, PgBouncer
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
		{ apt-get update -q && apt-get install -y -q postgresql; }
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ apt-get update -q && apt-get install -y -q --no-install-recommends chromium; }
	@/usr/bin/python3 -c 'import psycopg, asyncpg' 2>/dev/null || \
		{ apt-get update -q && apt-get install -y -q --no-install-recommends python3-psycopg python3-asyncpg; }
	@[ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null || \
		{ apt-get update -q && apt-get install -y -q --no-install-recommends pgbouncer && \
		{ systemctl -q disable --now pgbouncer || service pgbouncer stop || true; } >/dev/null 2>&1; } # tests start their own
	@command -v npm >/dev/null || { echo "no npm on this machine: the tests leave its pg out"; exit 0; }; \
		[ -d "$(NPM)/node_modules/pg" ] || npm install --prefix "$(NPM)" --no-audit --no-fund --no-package-lock pg@8.23.1

lint: ## formatting, vet, staticcheck, tidiness of each go.mod
	@out=$$($(GOTOOL) gofumpt -l .); [ -z "$$out" ] || { echo "not gofumpt-ed:" $$out; exit 1; }
	@set -e; for m in $(MODULES); do cd "$(CURDIR)/$$m"; set -x; go vet ./...; $(GOTOOL) staticcheck ./...; go mod tidy -diff; { set +x; } 2>/dev/null; done

tidy: ## make each go.mod tidy; after an upgrade of a dependency, too
	@set -e; for m in $(MODULES); do (cd $$m && go mod tidy); done

generate: ## rewrite schemas, tables in documents, dashboards and golden files from the sources; read the difference before you commit it
	go test ./internal/bench/setting ./schema ./internal/figure ./internal/telemetry ./grafana -update
	go test ./internal/report ./internal/report/html ./internal/compare ./internal/cost ./internal/screen -update

stack: ## the collector, Prometheus and Jaeger that tests run, from source (minutes the first time)
	cd test && go test -count=1 -timeout 60m -run '^TestBuild$$' ./stack

test: ## all tests with the race detector
	@code=0; for m in $(MODULES); do (cd $$m && set -x && go test -race -timeout 20m ./...) || code=1; done; exit $$code

bench: ## the benchmarks; see CONTRIBUTING.md for how to read them
	go test -run '^$$' -bench . -benchtime 3x ./bench
	go test -run '^$$' -bench . ./internal/event ./internal/latency

up: ## the collector, Prometheus, Jaeger and Grafana, by docker compose
	docker compose up -d

demo: ## the same, and a run against a PostgreSQL
	docker compose --profile demo up

down: ## end all of it and delete its data
	docker compose --profile demo down -v

build: ## the driver, as bin/driver
	go build -o bin/driver ./driver

package: ## the Lambda function's zip without SAM, as dist/lambda-arm64.zip; ARCHITECTURE=x86_64 for the other kind
	$(MAKE) -f lambda/Makefile package
