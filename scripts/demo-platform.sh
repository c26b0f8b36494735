#!/usr/bin/env bash
# Shows a platform that asks raff for decisions (examples/vmservice) on a temporary server: Bob creates a VM as Operator,
# is refused as Viewer, and is refused on the next request after his access was revoked. It cleans up at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=()
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }
free() { echo $((20000 + RANDOM % 20000)); }
await() { for _ in $(seq 200); do curl -s -o /dev/null "$1" && return; sleep 0.1; done; echo "$1 does not answer" >&2; exit 1; }

export RAFF_DATABASE_URL=sqlite:$work/raff.db RAFF_CATALOG=$PWD/examples/vmservice/catalog.yaml
RAFF_API_URL=http://127.0.0.1:$(free)
export RAFF_API_URL RAFF_PUBLIC_URL=$RAFF_API_URL
vms=http://127.0.0.1:$(free)

say "1. A server with the catalog of the platform, and an account"
RAFF_API_KEY=$(./bin/raffd account create --name Acme --owner-email owner@example.com -o json | sed -n 's/.*"api_key": *"\(raff_[0-9a-f]*\)".*/\1/p')
export RAFF_API_KEY
[ -n "$RAFF_API_KEY" ] || { echo "no Owner key" >&2; exit 1; }
./bin/raffd serve --listen "${RAFF_API_URL#http://}" >"$work/raffd.log" 2>&1 &
pids+=($!)
await "$RAFF_API_URL/ready"
run ./bin/raff permission list --scope project

say "2. The service, with a key that may only ask for decisions"
go build -trimpath -o "$work/vmservice" ./examples/vmservice
service=$(./bin/raff api-key create --name vmservice --role service -o json | sed -n 's/.*"secret": *"\(raff_[0-9a-f]*\)".*/\1/p')
RAFF_API_KEY=$service "$work/vmservice" -listen "${vms#http://}" >"$work/vmservice.log" 2>&1 &
pids+=($!)
await "$vms"

say "3. Bob's key is Operator in the Default project: it creates a VM"
bob=$(./bin/raff api-key create --name bob -o json | sed -n 's/.*"secret": *"\(raff_[0-9a-f]*\)".*/\1/p')
run ./bin/raff project member add default --api-key-name bob --role operator
create() { curl -s -o "$work/answer" -w '%{http_code}' "$vms/projects/default/vms" -H "Authorization: Bearer $bob" -d "{\"name\": \"$1\"}"; }
expect() { # status, name
  got=$(create "$2")
  printf 'POST %s/projects/default/vms as bob: %s %s\n' "$vms" "$got" "$(cat "$work/answer")"
  [ "$got" = "$1" ] || { echo "expected $1" >&2; exit 1; }
}
expect 201 web-1

say "4. As Viewer it is refused"
run ./bin/raff project member update default bob --role viewer
expect 403 web-2
run ./bin/raff why bob vm.create default

say "5. As Operator again it creates VMs, until its access is revoked: the next request is refused"
run ./bin/raff project member update default bob --role operator
expect 201 web-3
run ./bin/raff project member remove default bob --force
expect 403 web-4
run ./bin/raff who-can vm.create default
say "Done."
