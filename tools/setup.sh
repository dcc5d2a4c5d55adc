#!/bin/sh
# Sets up whatever is missing for a level of work, and nothing else: a second run does nothing.
#
#   sh tools/setup.sh demo    npm packages and the WebAssembly toolchain: build, run, bench
#   sh tools/setup.sh test    demo, and what the tests need: cmocka, sanitizers, wabt, Chromium
#   sh tools/setup.sh dev     test, and the formatter and linter of C and of shell scripts
#
# The npm scripts begin with this, because a program from node_modules may not be there yet.
set -eu
cd "$(dirname "$0")/.."
level=${1:-demo}

# shellcheck source=tools/apt.sh
. tools/apt.sh

give_up() {
  echo "set-up: $1" >&2
  exit 1
}

node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' || give_up 'Node 20 or newer is needed'

# A lock of our own: `npm test` and `npm run demo` may start side by side.
mkdir -p .toolchain
if command -v flock >/dev/null; then
  exec 8>.toolchain/setup.lock
  flock 8
fi

# npm ci throws node_modules away first, so it runs only when the lock file is another one than it was installed from.
lock=$(cksum <package-lock.json)
if [ "$(cat node_modules/.installed-from 2>/dev/null)" != "$lock" ]; then
  echo 'set-up: installing npm packages'
  # No install scripts: none of the packages needs one, and browsers are not npm's to download.
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-progress --no-audit --no-fund --loglevel=error >.toolchain/npm.log 2>&1 || {
    tail -n 20 .toolchain/npm.log >&2
    give_up 'npm ci failed'
  }
  echo "$lock" >node_modules/.installed-from
fi

sh tools/toolchain.sh 8>&-

case $level in demo) exit 0 ;; test | dev) ;; *) give_up "no level is called $level" ;; esac

have_chromium() {
  [ -x "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

if command -v apt-get >/dev/null; then
  # wabt: wasm2c, for the host of the raw ABI that is written in C. pkgconf: for programs against the C library.
  packages='libcmocka-dev wabt pkgconf'
  # The sanitizers' and libFuzzer's runtime for the compiler that the native build takes.
  ! command -v clang-19 >/dev/null || packages="$packages libclang-rt-19-dev"
  have_chromium || packages="$packages chromium"
  [ "$level" != dev ] || packages="$packages clang-format-19 shellcheck"
  # shellcheck disable=SC2086  # a list of words
  apt_install .toolchain/apt.log $packages 8>&- || give_up "install these by hand: $packages"
elif ! have_chromium; then
  give_up 'the browser tests need Chromium or Chrome: install one, or name its program in CHROMIUM. The native tests need
cmocka (package "cmocka" or "libcmocka-dev") and clang with its sanitizer runtimes.'
fi
