# Compile flags. What changes results or bytes is said here and nowhere else.

option(SL_WERROR "Treat warnings as errors" ON)
set(SL_SANITIZE "" CACHE STRING "Sanitizers of a native build, as for -fsanitize=")
option(SL_FUZZ "Build the libFuzzer targets of test/fuzz" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set_property(GLOBAL PROPERTY USE_FOLDERS OFF)

# One flag set for every build type: a debug build of this library is the native-asan preset.
foreach(config "" _DEBUG _RELEASE _RELWITHDEBINFO _MINSIZEREL)
  set(CMAKE_C_FLAGS${config} "")
  set(CMAKE_CXX_FLAGS${config} "")
endforeach()

set(SL_FLAGS
  -ffp-contract=off   # no fused multiply-add: the same bits in every engine, variant and native build
  -fno-math-errno
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=."   # the same bytes wherever the checkout lies
  "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build"
  -Wall -Wextra -Wshadow -Wvla -Wpointer-arith $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
if(SL_WERROR)
  list(APPEND SL_FLAGS -Werror)
endif()

if(SL_SANITIZE)
  # Assertions stay on here (no NDEBUG), and the first finding ends the process.
  list(APPEND SL_FLAGS -O1 -g -fno-omit-frame-pointer "-fsanitize=${SL_SANITIZE}" -fno-sanitize-recover=all)
  set(SL_LINK_FLAGS "-fsanitize=${SL_SANITIZE}")
else()
  # V8 optimises a module once more when it is loaded. Against -O3, these flags made the solver bundle 29 % smaller and no
  # loop measurably slower (interleaved medians within noise); -Oz was slower by up to 1.7 times.
  list(APPEND SL_FLAGS -DNDEBUG)
  if(SL_WASM)
    list(APPEND SL_FLAGS -Os -fno-unroll-loops "SHELL:-mllvm -inline-threshold=5")
  else()
    list(APPEND SL_FLAGS -O3)
  endif()
  set(SL_LINK_FLAGS "")
endif()
if(SL_FUZZ)
  list(APPEND SL_FLAGS -fsanitize=fuzzer-no-link)
endif()

# Every engine of a `scalar` module: 2021 and later (Safari 15). SIMD needs Safari 16.4, Chrome 91, Firefox 89.
# Bulk memory must be in all variants or in none: without it memcpy is an import from JavaScript.
set(SL_WASM_FLAGS -fno-exceptions $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> -mbulk-memory -mnontrapping-fptoint)
set(SL_WASM_FEATURES --mvp-features --enable-mutable-globals --enable-sign-ext --enable-bulk-memory
  --enable-nontrapping-float-to-int --enable-multivalue --enable-reference-types)

# Binaryen puts a function with one caller into that caller whatever its size, and knows nothing of noinline. Loops that are
# functions called many times, so that V8 runs optimised code from the second call on, would then be run-once code again: first
# solves took 5 to 30 % longer. In Binaryen's count of expressions; no loop is this small. Costs 2 KB.
set(SL_ONE_CALLER --one-caller-inline-max-function-size=30)

# Rooms that count bytes more than time; after the flags of all. Half a kilobyte (brotli) of 12.5.
set(SL_ROOM_FLAGS_dates -Oz)

# Rooms whose functions hand small structs to each other by value: as WebAssembly's own parameters and results, not through
# the stack. Between C of one room only: where another one is called with a struct by value, linking fails. 8 KB of property.
set(SL_CORE_FLAGS_property "SHELL:-Xclang -target-abi -Xclang experimental-mv")

# `scalar` is plain code on purpose: with the vectoriser on it would be measured as something else elsewhere.
set(SL_VARIANT_FLAGS_scalar -fno-vectorize -fno-slp-vectorize)
set(SL_VARIANT_FLAGS_simd -msimd128)
set(SL_VARIANT_FLAGS_relaxed -msimd128 -mrelaxed-simd)
set(SL_VARIANT_FLAGS_micro -msimd128 -DSL_MICRO)
set(SL_VARIANT_FLAGS_trap -msimd128 -DSL_TEST_HOOKS)
set(SL_VARIANT_FLAGS_shared -msimd128 -matomics -DSL_SHARED)
set(SL_VARIANT_FEATURES_shared --enable-simd --enable-threads ${SL_ONE_CALLER})
set(SL_VARIANT_FEATURES_scalar ${SL_ONE_CALLER})
set(SL_VARIANT_FEATURES_simd --enable-simd ${SL_ONE_CALLER})
set(SL_VARIANT_FEATURES_relaxed --enable-simd --enable-relaxed-simd ${SL_ONE_CALLER})
set(SL_VARIANT_FEATURES_micro --enable-simd -Oz)
set(SL_VARIANT_FEATURES_trap --enable-simd ${SL_ONE_CALLER})

# ccache remembers across clean builds and branches. The reproducibility test turns it off.
option(SL_CCACHE "Compile through ccache when it is installed" ON)
find_program(SL_CCACHE_PROGRAM ccache)
if(SL_CCACHE AND SL_CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER "${SL_CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SL_CCACHE_PROGRAM}")
endif()
