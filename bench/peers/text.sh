#!/bin/sh
# Installs what bench/text.bench.ts compares with into build/text-peers. One at a time: what does not install here is left out of
# the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/text-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in minisearch@7 flexsearch@0.8 @orama/orama@3; do
  [ -d "$folder/node_modules/${package%@*}" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: ${package%@*} could not be installed and is left out" >&2
done
