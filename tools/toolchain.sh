#!/bin/sh
# Makes `emcc` >= 3.1.69, CMake, Ninja and ccache available. Does nothing when they are there already.
#
#   sh tools/toolchain.sh
#
# A good `emcc` in .toolchain/, in $EMSDK or on PATH is used as it is. On Debian 12, whose own Emscripten is too old,
# one is assembled in .toolchain/ from Debian's packages: the compiler from this release, Emscripten and Binaryen from
# the next one, unpacked beside the system and never installed into it. Anywhere else the script says what to install.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tc=$root/.toolchain
wanted=3.1.69
recipe=1 # raise it when the steps below change: an older .toolchain/ is then assembled anew
compiler='clang-19 lld-19 llvm-19 python3' # what the assembled emcc runs
builders='cmake ninja-build ccache'

say() { echo "toolchain: $*"; }
# shellcheck source=tools/apt.sh
. "$root/tools/apt.sh"

# True when version $1 is at least version $2.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# True when the Emscripten to which the program $1 belongs is new enough. Reads the version from the file that lies
# beside the real program, because starting emcc would take longer than everything else here.
good_emcc() {
  [ -x "$1" ] || return 1
  beside=$(dirname "$(readlink -f "$1")")/emscripten-version.txt
  if [ -r "$beside" ]; then version=$(tr -d '"' <"$beside"); else version=$("$1" -dumpversion 2>/dev/null) || return 1; fi
  at_least "${version%%-*}" "$wanted"
}

give_up() {
  cat >&2 <<END
toolchain: $1. This project needs Emscripten $wanted or newer (emcc), CMake 3.25 or newer and Ninja. Install them and put
them on PATH, then run the command again. With the Emscripten SDK: run "./emsdk install 3.1.69 && ./emsdk activate 3.1.69"
in its folder and set EMSDK to that folder. CMake and Ninja come with every package manager ("cmake", "ninja" or
"ninja-build"); ccache is optional. On Debian 12 with apt and root rights (or sudo) this script sets up everything itself.
END
  exit 1
}

have_builders() {
  command -v cmake >/dev/null && command -v ninja >/dev/null &&
    at_least "$(cmake --version | sed -n '1s/.*version //p')" 3.25
}

have_emcc() {
  [ "$(cat "$tc/stamp" 2>/dev/null)" = "$recipe" ] && [ -x "$tc/bin/emcc" ] && command -v clang-19 >/dev/null &&
    command -v wasm-ld-19 >/dev/null && return 0
  [ -n "${EMSDK:-}" ] && good_emcc "$EMSDK/upstream/emscripten/emcc" && return 0
  good_emcc "$(command -v emcc || echo none)"
}

# Only Debian 12 has the packages that the steps below name.
debian12() { command -v apt-get >/dev/null && grep -qx 'ID=debian' /etc/os-release && grep -qx 'VERSION_ID="12"' /etc/os-release; }

# ccache is a convenience: it is installed where that is possible, and not missed elsewhere.
ready() { have_emcc && have_builders && { command -v ccache >/dev/null || ! debian12; }; }

# Downloads packages of the next Debian release with an apt configuration of our own, so that the system's stays as it
# is. The archive's address is the one that this machine's own sources name for its release.
download_next_release() {
  # shellcheck disable=SC2016  # apt expands these, not the shell
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
  [ -n "$uri" ] || give_up "no archive for Debian 12 in this machine's apt sources"
  mkdir -p "$tc/apt/lists/partial" "$tc/apt/cache/archives/partial" "$tc/debs"
  echo "deb $uri trixie main" >"$tc/apt/sources.list"
  cat >"$tc/apt/apt.conf" <<END
Dir::Etc::SourceList "$tc/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$tc/apt/lists";
Dir::Cache "$tc/apt/cache";
APT::Sandbox::User "";
Acquire::Retries "3";
Acquire::Languages "none";
END
  (
    cd "$tc/debs"
    export APT_CONFIG="$tc/apt/apt.conf"
    apt-get -qq update
    apt-get -qq download "$@"
  ) >"$tc/apt.log" 2>&1 || { tail -n 20 "$tc/apt.log" >&2; give_up 'the Emscripten packages could not be downloaded'; }
}

# The package holds every system library in eight flavours (1.6 GB); those for threads, LTO and dynamic linking are not
# linked here and are left out.
unpack() {
  lib=./usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten
  for deb in "$tc"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$1" --exclude="$lib/lto*" --exclude="$lib/pic" --exclude="$lib/*-mt*" \
      --exclude="$lib/*-ww*" --exclude=./usr/share/emscripten/test --exclude=./usr/share/doc --exclude=./usr/share/locale
  done
}

# Writes an executable file of the lines on standard input.
script() { cat >"$1" && chmod +x "$1"; }

assemble() {
  say "assembling Emscripten $wanted in .toolchain (about 250 MB to download)"
  (cd "$tc" && rm -rf debs root bin stamp)
  download_next_release emscripten binaryen libc6 libstdc++6 libgcc-s1 node-acorn
  mkdir -p "$tc/root" "$tc/bin"
  unpack "$tc/root"

  # Binaryen is linked against a newer C library than this system's: each program is started by the loader that comes
  # with that library.
  loader=$(cd "$tc/root" && find usr/lib -name 'ld-linux*.so.*' | head -n 1)
  for program in "$tc"/root/usr/bin/wasm*; do
    name=$(basename "$program")
    script "$tc/bin/$name" <<END
#!/bin/sh
root=\$(dirname "\$0")/../root
exec "\$root/$loader" --library-path "\$root/$(dirname "$loader")" "\$root/usr/bin/$name" "\$@"
END
  done

  # Emscripten's optimiser imports acorn; Node looks for it in a node_modules folder above the importing file.
  ln -s nodejs "$tc/root/usr/share/node_modules"
  # Its .js files are CommonJS; without this they would inherit "type": "module" from the project's package.json.
  echo '{ "type": "commonjs" }' >"$tc/package.json"

  cat >"$tc/emscripten.py" <<'END'
# The wrappers in bin/ name this file in EM_CONFIG; every path is found from there.
import os, shutil
TOOLCHAIN = os.path.dirname(os.path.abspath(os.environ['EM_CONFIG']))
LLVM_ROOT = os.path.dirname(shutil.which('clang-19'))
BINARYEN_ROOT = TOOLCHAIN
NODE_JS = shutil.which('node')
CLOSURE_COMPILER = os.path.join(os.path.dirname(TOOLCHAIN), 'node_modules', '.bin', 'google-closure-compiler')
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
FROZEN_CACHE = True  # Debian ships the system libraries prebuilt
END
  for name in emcc em++ emar emranlib emnm emstrip emcmake; do
    script "$tc/bin/$name" <<END
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
export EM_CONFIG="\$here/emscripten.py" EMSDK_PYTHON=/usr/bin/python3
PATH="\$here/../node_modules/.bin:\$PATH" exec "\$here/root/usr/share/emscripten/$name" "\$@"
END
  done
  rm -rf "$tc/debs" "$tc/apt"
}

! ready || exit 0
mkdir -p "$tc"
# Two builds may start at once: the second one waits here and then finds everything done.
if command -v flock >/dev/null; then
  exec 9>"$tc/lock"
  flock 9
fi
! ready || exit 0

if ! debian12; then
  have_emcc || give_up "no emcc $wanted or newer in EMSDK or on PATH"
  give_up 'no CMake 3.25 or newer with Ninja on PATH'
fi

install() { apt_install "$tc/apt.log" "$@" || give_up 'apt could not install the compiler or the build tools'; }
# shellcheck disable=SC2086  # lists of words
install $builders
if ! have_emcc; then
  # shellcheck disable=SC2086
  install $compiler
  [ "$(cat "$tc/stamp" 2>/dev/null)" = "$recipe" ] || assemble
  # Compiling a function proves more than a version number does.
  printf 'int answer(void) { return 42; }\n' >"$tc/proof.c"
  "$tc/bin/emcc" -O2 -c "$tc/proof.c" -o "$tc/proof.o" >"$tc/proof.log" 2>&1 || { cat "$tc/proof.log" >&2; give_up 'the assembled emcc does not compile'; }
  rm -f "$tc"/proof.*
  echo "$recipe" >"$tc/stamp"
fi
ready || give_up 'the tools are installed but not found'
say 'ready'
