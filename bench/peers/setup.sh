#!/bin/sh
# Installs what the native peers need, on Debian, when that can be done without asking. Whatever is missing afterwards is
# skipped by peers.ts with a message.
cd "$(dirname "$0")/../.." || exit 1
. tools/apt.sh
command -v apt-get >/dev/null || { echo "peers: no apt here; what is not installed is skipped" >&2; exit 0; }
mkdir -p build
apt_install build/peers-apt.log g++ libeigen3-dev libsuitesparse-dev libopenblas0-pthread libigraph-dev libboost-graph-dev python3-scipy ||
  echo "peers: could not install everything; what is missing is skipped" >&2
