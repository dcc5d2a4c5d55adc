#!/bin/sh
# Installs what bench/neural.bench.ts compares with into build/neural-peers: ONNX Runtime and TensorFlow.js, each with its
# WebAssembly back end, and a package that has the networks of Silero VAD. What does not install here is left out of the tables.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=build/neural-peers
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{ "private": true }' > "$folder/package.json"
for package in onnxruntime-web@1.22.0 @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 \
  @ricky0123/vad-web@0.0.31; do
  name=${package%@*}
  [ -d "$folder/node_modules/$name" ] && continue
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" ||
    echo "bench: $name could not be installed and is left out" >&2
done
