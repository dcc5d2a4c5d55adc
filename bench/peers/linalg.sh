#!/bin/sh
# Installs what bench/linalg.bench.ts compares with into build/linalg-peers: ml-matrix. What does not install here is left
# out of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/linalg-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in ml-matrix@6.12.1; do
  name=${package%@*}
  [ -d "$folder/node_modules/$name" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: $name could not be installed and is left out" >&2
done
