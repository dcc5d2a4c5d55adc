# sl_room(<name> [INTERNAL] [STEERS] [DEPENDS <room>...] [GIVES <room>...] [TAKES <room>...] [MAY_LOAD <bundle>...]
#         [MAY_USE <room>...] [SMALL <pattern>...] [FAST <pattern>...])
#
# DEPENDS: the rooms whose C functions it calls, with all that those depend on. Of these,
#   GIVES   its functions make objects of that room's classes: a module with this room holds them like its own
#   TAKES   its functions take such objects as arguments: a module with this room must be able to receive a copy of one
#           that another module made (bindings/<room>_transfer.cpp, csrc/<room>/abi_transfer.c)
# MAY_LOAD: bundles whose functions its TypeScript calls where they are loaded, and which its asynchronous functions load when
# they find that it pays. They are no part of what the room needs.
# MAY_USE: rooms of other bundles whose classes its TypeScript uses where they are loaded, and which its asynchronous functions
# load when they are asked for what needs them.
# STEERS: its time goes into loops of other rooms, which it only directs: compiled for size in WebAssembly, as bindings are.
# SMALL: sources of csrc/<name>/ without a loop over data, which are compiled for size in the same way.
# FAST: sources whose loops are so short that what stands between them counts, which are compiled for time in WebAssembly.
#
# Says that csrc/<name>/ is a room. Nothing is compiled here: sl_objects() makes an OBJECT library of the room for each
# variant that a bundle asks for, so that all doors of a bundle are linked from the same objects.
set_property(GLOBAL PROPERTY SL_ROOMS "")

function(sl_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INTERNAL;STEERS" "" "DEPENDS;GIVES;TAKES;MAY_LOAD;MAY_USE;SMALL;FAST")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sl_room(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_property(rooms GLOBAL PROPERTY SL_ROOMS)
  foreach(dependency IN LISTS arg_DEPENDS)
    if(NOT dependency IN_LIST rooms)
      message(FATAL_ERROR "sl_room(${name}): ${dependency} must be declared above it")
    endif()
  endforeach()

  foreach(other IN LISTS arg_GIVES arg_TAKES)
    if(NOT other IN_LIST arg_DEPENDS)
      message(FATAL_ERROR "sl_room(${name}): it can give or take only what it depends on, not ${other}")
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/csrc/${name}/*.c")
  # abi.c, and abi_<topic>.c in a large room, hold the raw ABI's exports: part of raw modules and of native builds,
  # never of the embind module.
  file(GLOB abi CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/csrc/${name}/abi.c" "${CMAKE_SOURCE_DIR}/csrc/${name}/abi_*.c")
  if(abi)
    list(REMOVE_ITEM sources ${abi})
  endif()
  file(GLOB bindings CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/bindings/${name}.cpp" "${CMAKE_SOURCE_DIR}/bindings/${name}_*.cpp")
  # The little that a module needs in which objects of this room are only received.
  set(transfer_bindings ${bindings})
  list(FILTER transfer_bindings INCLUDE REGEX "_transfer\\.cpp$")
  list(FILTER bindings EXCLUDE REGEX "_transfer\\.cpp$")
  set(transfer_abi ${abi})
  list(FILTER transfer_abi INCLUDE REGEX "/abi_transfer\\.c$")
  # What reads and writes files (csrc/base/container.h): part of the modules of which a room has files, csrc/<room>/file.h.
  set(files_bindings ${bindings})
  list(FILTER files_bindings INCLUDE REGEX "_container\\.cpp$")
  list(FILTER bindings EXCLUDE REGEX "_container\\.cpp$")
  set(files_abi ${abi})
  list(FILTER files_abi INCLUDE REGEX "/abi_container\\.c$")
  list(FILTER abi EXCLUDE REGEX "/abi_container\\.c$")
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/csrc/${name}/file.h")
  if(NOT sources AND NOT abi)
    message(STATUS "room ${name}: no sources in csrc/${name}")
  endif()

  sl_source_options(${name} SMALL -Oz ${arg_SMALL})
  sl_source_options(${name} FAST -O2 ${arg_FAST})

  set_property(GLOBAL APPEND PROPERTY SL_ROOMS ${name})
  foreach(key IN ITEMS sources abi bindings transfer_abi transfer_bindings files_abi files_bindings files)
    set_property(GLOBAL PROPERTY SL_ROOM_${name}_${key} "${${key}}")
  endforeach()
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_depends "${arg_DEPENDS}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_gives "${arg_GIVES}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_takes "${arg_TAKES}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_may_load "${arg_MAY_LOAD}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_may_use "${arg_MAY_USE}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_internal "${arg_INTERNAL}")
  set_property(GLOBAL PROPERTY SL_ROOM_${name}_steers "${arg_STEERS}")
endfunction()

# Compiles the sources of csrc/<name>/ that the patterns name with `option` in WebAssembly; `key` is for messages.
function(sl_source_options name key option)
  foreach(pattern IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/csrc/${name}/${pattern}")
    if(NOT found)
      message(FATAL_ERROR "sl_room(${name}): ${key} ${pattern} names no source")
    endif()
    if(SL_WASM)
      set_source_files_properties(${found} PROPERTIES COMPILE_OPTIONS ${option})
    endif()
  endforeach()
endfunction()

# The rooms of the list with all that `relation` leads to (depends, gives), in the order of declaration, without repetition.
function(sl_room_closure out relation)
  set(wanted ${ARGN})
  set(closure "")
  get_property(rooms GLOBAL PROPERTY SL_ROOMS)
  foreach(room IN LISTS wanted)
    if(NOT room IN_LIST rooms)
      message(FATAL_ERROR "no room is called ${room}")
    endif()
  endforeach()
  # What a room names is declared above it: from the last room up, every room has been seen before those it leads to.
  list(REVERSE rooms)
  foreach(room IN LISTS rooms)
    if(room IN_LIST wanted)
      list(PREPEND closure ${room})
      get_property(further GLOBAL PROPERTY SL_ROOM_${room}_${relation})
      list(APPEND wanted ${further})
    endif()
  endforeach()
  set(${out} "${closure}" PARENT_SCOPE)
endfunction()

# Makes an OBJECT library from `key` (sources, abi, bindings; transfer_abi, files_abi, ...) of a room unless it exists;
# `out` gets its objects.
function(sl_objects out room key variant)
  set(${out} "" PARENT_SCOPE)
  get_property(files GLOBAL PROPERTY SL_ROOM_${room}_${key})
  if(NOT files)
    return()
  endif()
  set(target "${room}.${key}")
  if(variant)
    string(APPEND target ".${variant}")
  endif()
  if(NOT TARGET ${target})
    add_library(${target} OBJECT ${files})
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/csrc" "${SL_GENERATED_INCLUDE}")
    target_compile_options(${target} PRIVATE ${SL_FLAGS})
    if(SL_WASM)
      target_compile_options(${target} PRIVATE ${SL_WASM_FLAGS} ${SL_VARIANT_FLAGS_${variant}} ${SL_ROOM_FLAGS_${room}})
    endif()
    if(SL_WASM AND key MATCHES "^(sources|abi)$")
      target_compile_options(${target} PRIVATE ${SL_CORE_FLAGS_${room}})
    endif()
    if(key MATCHES "bindings$")
      # Without type names embind's error texts are shorter, and so is the glue.
      target_compile_definitions(${target} PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
    endif()
    get_property(steers GLOBAL PROPERTY SL_ROOM_${room}_steers)
    if(SL_WASM AND (steers OR key MATCHES "bindings$|abi$"))
      target_compile_options(${target} PRIVATE -Oz)
    endif()
  endif()
  set(${out} "$<TARGET_OBJECTS:${target}>" PARENT_SCOPE)
endfunction()

# The objects of `key` of all rooms of the list.
function(sl_all_objects out key variant)
  set(all "")
  foreach(room IN LISTS ARGN)
    sl_objects(objects ${room} ${key} "${variant}")
    list(APPEND all ${objects})
  endforeach()
  set(${out} "${all}" PARENT_SCOPE)
endfunction()
