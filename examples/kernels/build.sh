#!/bin/sh
# Compiles the kernels: kernels.wasm with 128-bit vectors, nearest.wasm without, so that every runtime has it.
#
#   sh examples/kernels/build.sh [folder]      needs clang and wasm-ld of LLVM 19, which `npm run build` sets up
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
clang=${CLANG:-clang-19}
# No library and no recursion: what a kernel pack allows. Locals of functions are on a stack of 16 KiB at address 0;
# the host's memory begins at __heap_base.
flags="--target=wasm32 -std=c17 -O3 -ffreestanding -nostdlib -fno-builtin-memset -fno-builtin-memcpy -mno-reference-types
  -mno-multivalue -Wl,--no-entry -Wl,--export=__heap_base -Wl,--strip-all -Wl,-z,stack-size=16384 -Wl,--stack-first"

# shellcheck disable=SC2086
"$clang" $flags -msimd128 -o "$out/kernels.wasm" "$here/rope.c" "$here/rmsnorm.c" "$here/swiglu.c" "$here/lora.c"
# shellcheck disable=SC2086
"$clang" $flags -mno-simd128 -mno-bulk-memory -o "$out/nearest.wasm" "$here/nearest.c"
