#!/usr/bin/env bash
# Installs ajv beside the build and lets it judge all examples and broken files: schema_test.sh WANWU WORK_FOLDER SOURCE_ROOT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
cp "$here/package.json" "$here/package-lock.json" "$here/schema_test.mjs" "$2"
cd "$2"
cmp -s package-lock.json node_modules/.installed-lock 2>/dev/null || {
  "${NPM:-npm}" ci --no-audit --no-fund --silent
  cp package-lock.json node_modules/.installed-lock
}
exec "${NODE:-node}" schema_test.mjs "$1" "$3"
