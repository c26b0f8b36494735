#!/usr/bin/env bash
# Runs Go tests with only the programs they need:
#   scripts/test.sh go test [FLAGS] PACKAGES…    the command, with PostgreSQL, PgBouncer, the proxies, Chromium and Terraform
#                                                available if the tests of these packages use them
#   scripts/test.sh --plain PACKAGES…            prints the packages whose tests use none of them
# At the end it prints the time of each package, slowest first.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}

# Patterns that show that the tests of a package use a program.
postgres='PostgresURL|OnPostgres|EachDatabase|NewCluster|BehindPgBouncer'
pgbouncer='BehindPgBouncer'
proxies='packaging/proxies'
chromium='CHROMIUM'
terraform='TF_ACC'

if [ "${1-}" = --plain ]; then
  shift
  "$go" list -f '{{.Dir}} {{.ImportPath}}' "$@" | while read -r dir package; do
    set -- "$dir"/*_test.go
    [ -e "$1" ] || continue
    grep -qsE "$postgres|$proxies|$chromium|$terraform" "$@" || echo "$package"
  done
  exit
fi

# Arguments that look like packages; the values of flags do not.
module=$("$go" list -m)
packages=()
for argument in "$@"; do
  case $argument in ./* | "$module"/*) packages+=("$argument") ;; esac
done
[ ${#packages[@]} -gt 0 ] || packages=(./...)
tests=()
while read -r dir; do
  for file in "$dir"/*_test.go; do [ ! -e "$file" ] || tests+=("$file"); done
done < <("$go" list -f '{{.Dir}}' "${packages[@]}")
needs() { [ ${#tests[@]} -gt 0 ] && grep -qE "$1" "${tests[@]}"; }

if needs "$terraform"; then
  eval "$(scripts/ensure-terraform.sh)"
  export TF_ACC=1
fi
if needs "$postgres"; then PATH="$(scripts/ensure-postgres.sh):$PATH"; fi
if needs "$pgbouncer"; then PATH="$(scripts/ensure-pgbouncer.sh):$PATH"; fi
if needs "$proxies"; then PATH="$(scripts/ensure-proxies.sh):$PATH"; fi
if needs "$chromium"; then CHROMIUM=$(scripts/ensure-chromium.sh) && export CHROMIUM; fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
"$@" 2>&1 | tee "$log" || status=$?
awk -F'\t' '($1 ~ /^(ok|FAIL) *$/) && $3 ~ /^[0-9.]+s/ {sub(/s.*/, "", $3); print $3 "\t" $2}' "$log" | sort -rn |
  awk -F'\t' 'NR == 1 {print "\ntime by package:"} {printf "%8.1f s  %s\n", $1, $2}'
exit "$status"
