#!/bin/sh
# Sets up, builds and serves the playground (examples/playground).
#
#   sh tools/playground.sh dev        for working on it: rebuilt while files change
#   sh tools/playground.sh build      static files for any host, in build/playground
#   sh tools/playground.sh preview    builds, and serves what was built
set -eu
cd "$(dirname "$0")/.."
sh tools/setup.sh demo
node tools/build.mjs --quiet

# Its own packages: nobody who works on the library needs them.
folder=examples/playground
lock=$(cksum <"$folder/package-lock.json")
if [ "$(cat "$folder/node_modules/.installed-from" 2>/dev/null)" != "$lock" ]; then
  npm ci --prefix "$folder" --userconfig .npmrc --ignore-scripts --no-progress --no-audit --no-fund --loglevel=error
  echo "$lock" >"$folder/node_modules/.installed-from"
fi
node --import tsx "$folder/data.ts"

vite="node $folder/node_modules/vite/bin/vite.js"
config="--config $folder/vite.config.ts"
# shellcheck disable=SC2086  # lists of words
case ${1:-dev} in
  dev) $vite $config ;;
  build) $vite build $config --logLevel warn ;;
  preview) $vite build $config --logLevel warn && $vite preview $config ;;
  *) echo "playground: dev, build or preview, not $1" >&2 && exit 2 ;;
esac
