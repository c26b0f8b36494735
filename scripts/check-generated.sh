#!/usr/bin/env bash
# Fails if a committed *_templ.go is out of date. TEMPL is the path of the templ program.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/internal/web"
# templ writes the file's path into what it generates, so the copy keeps the folder.
cp internal/web/*.templ "$work/internal/web/"
(cd "$work" && "$OLDPWD/$TEMPL" generate -path internal/web -log-level error)

for file in "$work"/internal/web/*_templ.go; do
  diff -u "internal/web/$(basename "$file")" "$file" || { echo "internal/web is out of date: run make generate" >&2; exit 1; }
done
