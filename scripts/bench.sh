#!/usr/bin/env bash
# Measures on both databases; PostgreSQL is a temporary cluster with the durability settings of a production server.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$(scripts/ensure-postgres.sh)
work=$(mktemp -d)
chmod 755 "$work"
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid postgres --regid postgres --clear-groups)
fi
finish() {
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
"${as[@]}" "$bin/initdb" -D "$work/data" -U raff -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
  -o "-c listen_addresses= -k $work -c max_connections=200 -c shared_buffers=256MB" start >/dev/null

go build -o bin/raff-bench ./bench
bin/raff-bench -raffd bin/raffd -report docs/benchmarks.md -postgres "postgres://raff@/postgres?host=$work" "$@"
