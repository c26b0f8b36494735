#!/usr/bin/env bash
# Lists the direct dependencies of the programs and the tools that have a newer version. It always exits with 0: versions
# that the module proxy does not return are a question mark in the table.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
elsewhere=$(mktemp -d) # asking must not change go.sum
trap 'rm -rf "$elsewhere"' EXIT
(cd "$elsewhere" && "$go" mod init outdated 2>/dev/null)

direct() { # what go.mod names itself, and of the tools those that are run
	"$go" mod edit -json go.mod | sed -n '/"Require"/,/^\t\]/p' | awk -F'"' '$2=="Path"{p=$4} $2=="Version"{v=$4} $2=="Indirect"{v=""} /}/{if(p&&v&&v!="v0.0.0")print p,v,"go.mod";p="";v=""}'
	sed -n 's|^\t\([^ ]*/[^ ]*\)$|\1|p' tools/go.mod | while read -r tool; do
		awk -v t="$tool" '$2 ~ /^v/ && index(t "/", $1 "/")==1 {print $1, $2, "tools/go.mod"}' tools/go.mod
	done
}

{
	printf 'MODULE|HAS|NEWEST|IN\n'
	direct | while read -r path version file; do
		newest=$(cd "$elsewhere" && "$go" list -m -f '{{.Version}}' "$path@latest" 2>/dev/null) || newest='?'
		[ "$newest" = "$version" ] || printf '%s|%s|%s|%s\n' "$path" "$version" "$newest" "$file"
	done
} | column -t -s '|'
