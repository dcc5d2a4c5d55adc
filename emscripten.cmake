# CMake toolchain file for WebAssembly: finds `emcc` in .toolchain/ (made by tools/toolchain.sh), in $EMSDK or on PATH.
#
# Emscripten's own toolchain file is not used: it names the compiler by a path inside Emscripten's tree, past the wrapper
# that tells .toolchain/bin/emcc where its configuration is. The build links with custom commands anyway (one JavaScript
# file serves several .wasm files), so compilers and an archiver are all that CMake has to know.
set(SL_WASM ON)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

set(_sl_emscripten "${CMAKE_CURRENT_LIST_DIR}/.toolchain/bin")
if(NOT EXISTS "${_sl_emscripten}/emcc" AND DEFINED ENV{EMSDK})
  set(_sl_emscripten "$ENV{EMSDK}/upstream/emscripten")
endif()
find_program(SL_EMCC emcc HINTS "${_sl_emscripten}" REQUIRED)
find_program(SL_EMXX em++ HINTS "${_sl_emscripten}" REQUIRED)
find_program(SL_EMAR emar HINTS "${_sl_emscripten}" REQUIRED)
find_program(SL_EMRANLIB emranlib HINTS "${_sl_emscripten}" REQUIRED)
get_filename_component(_sl_emscripten "${SL_EMCC}" DIRECTORY)

# Beside the Emscripten in use, never an older one from PATH: wasm-opt before version 120 fails on relaxed SIMD.
find_program(SL_WASM_OPT wasm-opt HINTS "${_sl_emscripten}" "${_sl_emscripten}/../bin" NO_DEFAULT_PATH)
find_program(SL_WASM_OPT wasm-opt REQUIRED)

# The linker beside the compiler that emcc calls: emcc itself links no module without JavaScript on shared memory.
execute_process(COMMAND "${SL_EMCC}" -print-search-dirs OUTPUT_VARIABLE _sl_dirs OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REGEX REPLACE "^.*programs: =([^\n]*).*$" "\\1" _sl_programs "${_sl_dirs}")
string(REGEX REPLACE "^.*libraries: =([^\n]*).*$" "\\1" SL_WASM_LIBRARIES "${_sl_dirs}")
find_program(SL_WASM_LD NAMES wasm-ld-19 wasm-ld HINTS "${_sl_programs}" NO_DEFAULT_PATH REQUIRED)

set(CMAKE_C_COMPILER "${SL_EMCC}")
set(CMAKE_CXX_COMPILER "${SL_EMXX}")
set(CMAKE_AR "${SL_EMAR}")
set(CMAKE_RANLIB "${SL_EMRANLIB}")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
