#!/bin/sh
# Installs what bench/crypto.bench.ts compares with into build/crypto-peers. One at a time: what does not install here is left out
# of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/crypto-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in hash-wasm@4 libsodium-wrappers-sumo@0.8 @noble/hashes@2 @noble/curves@2; do
  name=${package%@*}
  [ -d "$folder/node_modules/$name" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: $name could not be installed and is left out" >&2
done
