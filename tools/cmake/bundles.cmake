# sl_bundle(<name> ROOMS <room>... VARIANTS <variant>... [TEST <variant>...] [SHARED <room>...])
#
# Links rooms into one WebAssembly module for each variant, twice: with embind for the npm package (ts/runtime/embind.ts is
# its JavaScript side) and as a raw module without imports for every other host. In the build folder:
#
# SHARED: rooms of which objects can be read by several threads from one memory (csrc/base/instance.h). They are linked once
# more, raw and with SIMD, into a module that imports a shared memory: out/wasm/<name>.shared.wasm.
#
#   out/types/<name>.d.ts              out/wasm/<name>.<variant>.wasm      out/raw/<name>.<variant>.wasm
#   out/test/<name>.<variant>.wasm     TEST variants, not shipped          out/bundles.json  the table, for tools/generate.mjs
#                                                                          out/codes.ts      names of status.h

set(SL_EXTRA_VARIANTS "" CACHE STRING "More TEST variants for every bundle, for instance relaxed")
set_property(GLOBAL PROPERTY SL_BUNDLES "")
set(SL_OUT "${CMAKE_BINARY_DIR}/out")

# Both doors. The stack comes first in memory, so that overflowing it traps instead of reaching data. emmalloc is 6.7 KB
# smaller than dlmalloc and was as fast, with as much memory, on what rooms do (few, large blocks; arrays that double).
set(SL_LINK_MEMORY
  -sINITIAL_MEMORY=1MB -sSTACK_SIZE=128KB -Wl,--stack-first -sMAXIMUM_MEMORY=4GB -sALLOW_MEMORY_GROWTH
  -sMALLOC=emmalloc -mbulk-memory
  -Wl,--fatal-warnings) # a function declared in one way and defined in another would trap when it is called

# -lexports.js keeps the names between wasm and JavaScript as they are: minified ones depend on the order of linking.
# Emscripten's own JavaScript is not shipped: ts/runtime/embind.ts does what it does, once for all modules.
set(SL_LINK_EMBIND
  -lembind -lexports.js -sMODULARIZE -sEXPORT_ES6 -sUSE_ES6_IMPORT_META=0 -sENVIRONMENT=web,worker
  -sDYNAMIC_EXECUTION=0 -sFILESYSTEM=0 -sPOLYFILL=0 -sTEXTDECODER=2
  -sMEMORY_GROWTH_GEOMETRIC_STEP=0.20 -sMEMORY_GROWTH_GEOMETRIC_CAP=96MB
  -sINCOMING_MODULE_JS_API=instantiateWasm,print,printErr
  -sEXPORTED_FUNCTIONS=_emscripten_stack_get_current # for the test that failing calls leave the stack as it was
  -sEXPORTED_RUNTIME_METHODS=HEAPU8,HEAPU32,HEAP32,HEAPF32,HEAPF64
  # Embind's classes name it, and tools/embind_host.cpp registers nothing that brings it.
  -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$Emval)

set(SL_LINK_RAW -sSTANDALONE_WASM --no-entry)

# How hard Binaryen works for size when it links a bundle, and in the pass after it. -O3 inlines what LLVM has left alone on
# purpose. On the solver bundle -Oz, then -Os, took 8 % (15.8 KB); medians of interleaved runs of push, conjugate gradients,
# Gauss-Seidel, multigrid, approximate Cholesky, local entries and graph building lay between 0.65 and 1.01 of -O3's.
set(SL_LINK_LEVEL_solver -Oz)
set(SL_OPT_LEVEL_solver -Os)
set(SL_LINK_LEVEL_network -Oz)
set(SL_OPT_LEVEL_network -Os)
set(SL_LINK_LEVEL_direct -Oz)
set(SL_OPT_LEVEL_direct -Os)
set(SL_LINK_LEVEL_dates -Oz)
set(SL_OPT_LEVEL_dates -Os)
set(SL_LINK_LEVEL_paths -Oz)
set(SL_OPT_LEVEL_paths -Os)
set(SL_LINK_LEVEL_format -Oz)
set(SL_OPT_LEVEL_format -Os)
set(SL_LINK_LEVEL_property -Oz)
# Functions with one caller that are not loops over data. Functions that many others call come first: their numbers are short then,
# 1.2 KB of the raw modules (the order of others is settled when they are linked).
set(SL_OPT_LEVEL_property -Os --one-caller-inline-max-function-size=400 --reorder-functions)

function(sl_bundle name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ROOMS;VARIANTS;TEST;SHARED")
  if(NOT arg_ROOMS OR NOT arg_VARIANTS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sl_bundle(${name}) needs ROOMS and VARIANTS")
  endif()
  set_property(GLOBAL APPEND PROPERTY SL_BUNDLES ${name})
  set_property(GLOBAL PROPERTY SL_BUNDLE_${name}_rooms "${arg_ROOMS}")
  set_property(GLOBAL PROPERTY SL_BUNDLE_${name}_variants "${arg_VARIANTS}")
  set_property(GLOBAL PROPERTY SL_BUNDLE_${name}_shared "${arg_SHARED}")
  if(NOT SL_WASM)
    return()
  endif()

  set(test_variants ${arg_TEST} ${SL_EXTRA_VARIANTS})
  list(REMOVE_ITEM test_variants ${arg_VARIANTS})
  # The code of all rooms that its rooms stand on, of which the linker keeps what is called; but the bindings and the raw ABI,
  # which are what is called, only of base, of its own rooms and of those whose objects these give. Of those whose objects
  # they take, no more than it takes to receive one.
  sl_room_closure(rooms depends ${arg_ROOMS})
  sl_room_closure(whole gives base ${arg_ROOMS})
  sl_rooms_taken(taken ${arg_ROOMS})
  # The raw ABI hands a graph over as the matrix that it is made of.
  set(described ${taken})
  foreach(room IN LISTS taken)
    get_property(takes GLOBAL PROPERTY SL_ROOM_${room}_takes)
    list(APPEND described ${takes})
  endforeach()
  list(REMOVE_DUPLICATES described)
  list(REMOVE_ITEM described ${whole})
  # Bindings call functions and hold no loops: they are compiled once, without SIMD, and linked into every variant.
  sl_all_objects(bindings bindings scalar ${whole})
  sl_all_objects(received transfer_bindings scalar ${taken})
  list(APPEND bindings ${received})
  # Reading and writing files, where one of its rooms does.
  set(with_files "")
  foreach(room IN LISTS whole)
    get_property(files GLOBAL PROPERTY SL_ROOM_${room}_files)
    if(files)
      set(with_files base)
    endif()
  endforeach()
  sl_all_objects(container files_bindings scalar ${with_files})
  list(APPEND bindings ${container})
  if(NOT bindings)
    message(STATUS "bundle ${name}: no bindings yet")
  endif()

  # The types are written by running the module once: never the relaxed variant, which Node 20 cannot run.
  set(typed_variant simd)
  if(NOT typed_variant IN_LIST arg_VARIANTS)
    list(GET arg_VARIANTS 0 typed_variant)
  endif()

  set(modules "")
  foreach(variant IN LISTS arg_VARIANTS test_variants)
    sl_all_objects(sources sources ${variant} ${rooms})
    sl_all_objects(abi abi ${variant} ${whole})
    sl_all_objects(received transfer_abi ${variant} ${described})
    list(APPEND abi ${received})
    sl_all_objects(container files_abi ${variant} ${with_files})
    list(APPEND abi ${container})
    set(folder wasm)
    if(variant IN_LIST test_variants)
      set(folder test)
    else()
      sl_link_raw(${name} ${variant} ${name}.${variant} ${abi} ${sources})
    endif()
    if(variant STREQUAL typed_variant)
      sl_link_embind(${name} ${variant} ${folder} TYPES ${bindings} ${sources})
    else()
      sl_link_embind(${name} ${variant} ${folder} "" ${bindings} ${sources})
    endif()
    list(APPEND modules "${SL_OUT}/${folder}/${name}.${variant}.wasm")
  endforeach()

  if(arg_SHARED)
    sl_link_shared(${name} ${arg_SHARED})
  endif()

  # What the JavaScript side finds must be the same in all variants.
  set(stamp "${CMAKE_BINARY_DIR}/link/${name}/names.stamp")
  add_custom_command(OUTPUT "${stamp}"
    COMMAND "${SL_NODE}" "${CMAKE_SOURCE_DIR}/tools/wasm-names.mjs" same ${modules}
    COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
    DEPENDS ${modules} "${CMAKE_SOURCE_DIR}/tools/wasm-names.mjs" VERBATIM
    COMMENT "Comparing the names of ${name}'s variants")
  add_custom_target(${name}.names ALL DEPENDS "${stamp}")
endfunction()

# The rooms whose objects the rooms of a bundle take without holding them.
function(sl_rooms_taken out)
  sl_room_closure(whole gives ${ARGN})
  set(taken "")
  foreach(room IN LISTS whole)
    get_property(takes GLOBAL PROPERTY SL_ROOM_${room}_takes)
    list(APPEND taken ${takes})
  endforeach()
  list(REMOVE_DUPLICATES taken)
  list(REMOVE_ITEM taken ${whole})
  set(${out} "${taken}" PARENT_SCOPE)
endfunction()

# Links one embind module, bindings first, and optimises it into out/<folder>/.
function(sl_link_embind name variant folder types)
  sl_host_object(host embind_host)
  set(objects ${ARGN} ${host})
  set(dir "${CMAKE_BINARY_DIR}/link/${name}/${variant}")
  file(MAKE_DIRECTORY "${dir}")
  set(flags ${SL_LINK_MEMORY} ${SL_LINK_EMBIND} -sBINARYEN_EXTRA_PASSES=${SL_ONE_CALLER})
  set(level -O3)
  if(DEFINED SL_LINK_LEVEL_${name})
    set(level ${SL_LINK_LEVEL_${name}})
  endif()
  set(products "${dir}/${name}.js" "${dir}/${name}.wasm")
  set(stage "")
  if(types)
    list(APPEND flags "--emit-tsd=${name}.d.ts")
    set(stage
      COMMAND "${SL_NODE}" "${CMAKE_SOURCE_DIR}/tools/raw-types.mjs" "${dir}/${name}.wasm" "${dir}/${name}.d.ts" "${SL_OUT}/types")
    list(APPEND products "${SL_OUT}/types/${name}.d.ts")
  endif()
  add_custom_command(OUTPUT ${products}
    COMMAND "${CMAKE_CXX_COMPILER}" ${level} -fno-exceptions -fno-rtti ${objects} ${flags} -o "${name}.js"
    ${stage}
    WORKING_DIRECTORY "${dir}" DEPENDS ${objects} "${CMAKE_SOURCE_DIR}/tools/raw-types.mjs" "${CMAKE_SOURCE_DIR}/tools/wasm-names.mjs"
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking ${name}.${variant}")
  sl_wasm_opt("${dir}/${name}.wasm" "${SL_OUT}/${folder}/${name}.${variant}.wasm" ${variant} ${SL_OPT_LEVEL_${name}})
endfunction()

# Links one raw module, checks that it imports nothing, and optimises it into out/raw/<output>.wasm.
function(sl_link_raw name variant output)
  sl_host_object(host raw_host)
  set(objects ${ARGN} ${host})
  set(dir "${CMAKE_BINARY_DIR}/link/${name}/${variant}")
  file(MAKE_DIRECTORY "${dir}")
  set(level -O3)
  set(passes -sBINARYEN_EXTRA_PASSES=${SL_ONE_CALLER})
  if(variant STREQUAL "micro")
    set(level -Oz)
    set(passes "")
  elseif(DEFINED SL_LINK_LEVEL_${name})
    set(level ${SL_LINK_LEVEL_${name}})
  endif()
  add_custom_command(OUTPUT "${dir}/raw.wasm"
    COMMAND "${CMAKE_C_COMPILER}" ${level} ${objects} ${SL_LINK_MEMORY} ${SL_LINK_RAW} ${passes} -o raw.wasm
    COMMAND "${SL_NODE}" "${CMAKE_SOURCE_DIR}/tools/wasm-names.mjs" no-imports "${dir}/raw.wasm"
    WORKING_DIRECTORY "${dir}" DEPENDS ${objects} "${CMAKE_SOURCE_DIR}/tools/wasm-names.mjs"
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking raw ${name}.${variant}")
  sl_wasm_opt("${dir}/raw.wasm" "${SL_OUT}/raw/${output}.wasm" ${variant} ${SL_OPT_LEVEL_${name}})
endfunction()

# Links the module that several threads run on one memory. Of the rooms it has the raw ABI, of the C library what has no state:
# the objects of that are not compiled for threads, which --no-check-features lets pass. Memory is allocated by csrc/base/instance_heap.c.
# The first kilobytes are no memory of anybody's (--low-memory-unused); each instance is given its stack by its host.
function(sl_link_shared name)
  sl_room_closure(rooms depends ${ARGN})
  sl_all_objects(sources sources shared ${rooms})
  sl_all_objects(abi abi shared base ${ARGN})
  sl_all_objects(container files_abi shared base)
  set(objects ${abi} ${container} ${sources})
  set(dir "${CMAKE_BINARY_DIR}/link/${name}/shared")
  file(MAKE_DIRECTORY "${dir}")
  add_custom_command(OUTPUT "${dir}/raw.wasm"
    COMMAND "${SL_WASM_LD}" ${objects} "${SL_WASM_LIBRARIES}/libc.a" "${SL_WASM_LIBRARIES}/libcompiler_rt.a"
      --no-entry --shared-memory --import-memory --max-memory=4294967296 --no-check-features --gc-sections
      --stack-first -z stack-size=1024 --fatal-warnings
      --export=__stack_pointer --export=__wasm_init_tls --export=__tls_size -o raw.wasm
    WORKING_DIRECTORY "${dir}" DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking ${name}.shared")
  sl_wasm_opt("${dir}/raw.wasm" "${SL_OUT}/wasm/${name}.shared.wasm" shared ${SL_OPT_LEVEL_${name}})
endfunction()

# sl_micro(<name> ROOM <room>)
#
# A raw module of a single room, as small as it can be: out/raw/<name>.raw.wasm, with SIMD. Of the rooms that it stands on
# it takes the functions that it calls, and their own raw ABI only from base.
function(sl_micro name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOM" "")
  if(NOT SL_WASM)
    return()
  endif()
  sl_room_closure(rooms depends ${arg_ROOM})
  sl_all_objects(objects sources micro ${rooms})
  sl_objects(abi ${arg_ROOM} abi micro)
  # Of base's ABI just what every module has; abi_<topic>.c is for containers, which it does not read.
  add_library(${name}.abi OBJECT "${CMAKE_SOURCE_DIR}/csrc/base/abi.c")
  target_include_directories(${name}.abi PRIVATE "${CMAKE_SOURCE_DIR}/csrc" "${SL_GENERATED_INCLUDE}")
  target_compile_options(${name}.abi PRIVATE ${SL_FLAGS} ${SL_WASM_FLAGS} ${SL_VARIANT_FLAGS_micro})
  list(APPEND objects ${abi} "$<TARGET_OBJECTS:${name}.abi>")
  sl_link_raw(${name} micro ${name}.raw ${objects})
endfunction()

# tools/<name>.c or .cpp, compiled once: what one door needs besides the rooms.
function(sl_host_object out name)
  if(NOT TARGET ${name})
    file(GLOB source "${CMAKE_SOURCE_DIR}/tools/${name}.c" "${CMAKE_SOURCE_DIR}/tools/${name}.cpp")
    add_library(${name} OBJECT ${source})
    target_compile_options(${name} PRIVATE ${SL_FLAGS} ${SL_WASM_FLAGS})
    target_compile_definitions(${name} PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  endif()
  set(${out} "$<TARGET_OBJECTS:${name}>" PARENT_SCOPE)
endfunction()

# The visible optimisation step: one for each shipped module, with exactly the features that its variant may use.
# --low-memory-unused: constants go into the offsets of loads and stores, which is right as long as nothing is read or written
# in the first 1024 bytes. There the stack ends: the one that reaches them is about to trap in any case.
function(sl_wasm_opt input output variant)
  add_custom_command(OUTPUT "${output}"
    COMMAND "${SL_NODE}" "${CMAKE_SOURCE_DIR}/tools/wasm-opt.mjs" "${SL_WASM_OPT}" "${input}" "${output}"
      ${SL_WASM_FEATURES} --low-memory-unused ${SL_VARIANT_FEATURES_${variant}} ${ARGN}
    DEPENDS "${input}" "${CMAKE_SOURCE_DIR}/tools/wasm-opt.mjs" VERBATIM
    COMMENT "")
  cmake_path(GET output STEM LAST_ONLY stem)
  cmake_path(GET output PARENT_PATH folder)
  cmake_path(GET folder FILENAME folder)
  add_custom_target(${folder}.${stem} ALL DEPENDS "${output}")
endfunction()

# Called last: writes the bundle table, from which tools/generate.mjs makes TypeScript's.
function(sl_finish)
  set(lines "")
  set(takers "")
  set(loaders "")
  set(users "")
  get_property(bundles GLOBAL PROPERTY SL_BUNDLES)
  foreach(bundle IN LISTS bundles)
    get_property(rooms GLOBAL PROPERTY SL_BUNDLE_${bundle}_rooms)
    get_property(variants GLOBAL PROPERTY SL_BUNDLE_${bundle}_variants)
    foreach(room IN LISTS rooms)
      # The rooms whose objects it takes and whose classes are in other bundles only.
      sl_room_closure(whole gives ${rooms})
      get_property(takes GLOBAL PROPERTY SL_ROOM_${room}_takes)
      list(REMOVE_ITEM takes ${whole})
      if(takes)
        list(JOIN takes "\", \"" takes)
        list(APPEND takers "    \"${room}\": [\"${takes}\"]")
      endif()
      get_property(may_load GLOBAL PROPERTY SL_ROOM_${room}_may_load)
      foreach(other IN LISTS may_load)
        if(NOT other IN_LIST bundles OR other STREQUAL bundle)
          message(FATAL_ERROR "sl_room(${room}): MAY_LOAD ${other}, which is not another bundle")
        endif()
      endforeach()
      if(may_load)
        list(JOIN may_load "\", \"" may_load)
        list(APPEND loaders "    \"${room}\": [\"${may_load}\"]")
      endif()
      get_property(may_use GLOBAL PROPERTY SL_ROOM_${room}_may_use)
      get_property(known GLOBAL PROPERTY SL_ROOMS)
      foreach(other IN LISTS may_use)
        if(NOT other IN_LIST known OR other IN_LIST rooms)
          message(FATAL_ERROR "sl_room(${room}): MAY_USE ${other}, which is no room of another bundle")
        endif()
      endforeach()
      if(may_use)
        list(JOIN may_use "\", \"" may_use)
        list(APPEND users "    \"${room}\": [\"${may_use}\"]")
      endif()
    endforeach()
    list(JOIN rooms "\", \"" rooms)
    list(JOIN variants "\", \"" variants)
    get_property(shared GLOBAL PROPERTY SL_BUNDLE_${bundle}_shared)
    set(with_shared "")
    if(shared)
      set(with_shared ", \"shared\": true")
    endif()
    list(APPEND lines "    \"${bundle}\": { \"rooms\": [\"${rooms}\"], \"variants\": [\"${variants}\"]${with_shared} }")
  endforeach()
  list(JOIN lines ",\n" lines)
  list(JOIN takers ",\n" takers)
  list(JOIN loaders ",\n" loaders)
  list(JOIN users ",\n" users)
  configure_file("${CMAKE_SOURCE_DIR}/tools/cmake/bundles.json.in" "${SL_OUT}/bundles.json" @ONLY NEWLINE_STYLE UNIX)
  if(SL_WASM)
    set(status "${CMAKE_SOURCE_DIR}/csrc/base/status.h")
    set(script "${CMAKE_SOURCE_DIR}/tools/codes.mjs")
    add_custom_command(OUTPUT "${SL_OUT}/codes.ts" COMMAND "${SL_NODE}" "${script}" "${status}" "${SL_OUT}/codes.ts"
      DEPENDS "${status}" "${script}" VERBATIM COMMENT "Writing codes.ts")
    add_custom_target(codes ALL DEPENDS "${SL_OUT}/codes.ts")
  endif()
endfunction()

if(SL_WASM)
  find_program(SL_NODE node REQUIRED)
endif()
