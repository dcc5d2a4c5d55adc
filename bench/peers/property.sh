#!/bin/sh
# Installs the graph databases that bench/property.bench.ts and bench/peers/property-differential.ts compare with, and the parser of
# bench/peers/property-syntax.ts, into build/property-peers. One at a time: what does not install here is left out of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/property-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in @ladybugdb/core@0.19.1 kuzu-wasm@0.11.3 @neo4j-cypher/language-support@2.0.0-next.38; do
  [ -d "$folder/node_modules/${package%@*}" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: ${package%@*} could not be installed and is left out" >&2
done
