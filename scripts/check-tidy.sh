#!/usr/bin/env bash
# Fails when go mod tidy would change go.mod or go.sum. Tidying looks at modules that no build here needs; where those
# cannot be fetched it says so and passes, because that is no fault of the change.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for module in api .; do
  diff=$(go -C "$module" mod tidy -diff 2>"$log") && continue
  if [ -n "$diff" ]; then
    head -n 40 <<<"$diff" >&2
    echo "$module/go.mod is not tidy: run make tidy" >&2
    exit 1
  fi
  tail -n 3 "$log" >&2
  echo "$module/go.mod could not be checked for tidiness: a module cannot be fetched here." >&2
done
