#!/bin/sh
# Builds bench/kernels/kernels.c into build/kernels: WebAssembly in two variants with the flags of the shipped modules, and a
# native program of 128-bit vectors (tools/cmake/flags.cmake has the same flags). What cannot be built is left out of the table.
set -eu
cd "$(dirname "$0")/../.."
out=build/kernels
mkdir -p "$out"
PATH="$PWD/.toolchain/bin:${EMSDK:+$EMSDK/upstream/emscripten:}$PATH"
common='-std=c17 -ffp-contract=off -fno-math-errno -DNDEBUG -I csrc -I bench/peers'
sources='bench/kernels/kernels.c csrc/simd/distance_f32.c csrc/simd/distance_i8.c csrc/simd/kernels.c'

# Objects first, then a link without optimisation across them: no kernel is moved into the loop that calls it.
wasm() {
  variant=$1
  shift
  objects=
  for source in $sources; do
    object=$out/$variant.$(basename "$source" .c).$(basename "$(dirname "$source")").o
    # shellcheck disable=SC2086  # lists of words
    emcc $common -Os -fno-unroll-loops -mllvm -inline-threshold=5 -mbulk-memory -mnontrapping-fptoint "$@" -c "$source" -o "$object"
    objects="$objects $object"
  done
  # shellcheck disable=SC2086
  emcc -O1 --no-entry -sSTANDALONE_WASM -sEXPORTED_FUNCTIONS=_kernels_fill,_kernels_run "$@" $objects -o "$out/kernels.$variant.wasm"
}
wasm simd -msimd128
wasm relaxed -msimd128 -mrelaxed-simd

compiler=$(command -v clang-19 || command -v clang || true)
[ -n "$compiler" ] || { echo 'bench: no clang, the native kernels are left out' >&2; exit 0; }
# shellcheck disable=SC2086
"$compiler" $common -D_POSIX_C_SOURCE=200809L -DNATIVE -O3 $sources -lm -o "$out/native"
