# The C library: `cmake --install <build>` puts in place
#
#   lib/libsublinear.a                    the modules that users see, without the raw ABI
#   include/sublinear/sublinear.h         all of them; include/sublinear/<module>/<file>.h one by one
#   lib/pkgconfig/sublinear.pc            pkg-config --cflags --libs sublinear
#   lib/cmake/sublinear/                  find_package(sublinear), target sublinear::sublinear
#
# docs/c-library.md is the manual; `ctest -R c-library` installs it and builds programs against it.
if(SL_WASM)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The public headers are those that the bindings are made of, base/version.h, and what these include: nothing lists them.
# What is installed differs from csrc/ in two ways: headers include each other by relative paths, so that programs need only
# the folder above sublinear/, and declarations have C linkage in C++.
function(sl_public_headers out)
  file(GLOB bindings CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bindings/*.[ch]pp")
  set(wanted base/version.h)
  foreach(file IN LISTS bindings)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    sl_included(found "${file}")
    list(APPEND wanted ${found})
  endforeach()
  set(headers "")
  while(wanted)
    list(POP_FRONT wanted header)
    if(header IN_LIST headers)
      continue()
    endif()
    list(APPEND headers ${header})
    sl_included(found "${CMAKE_SOURCE_DIR}/csrc/${header}")
    list(APPEND wanted ${found})
  endwhile()
  list(SORT headers)
  set(${out} "${headers}" PARENT_SCOPE)
endfunction()

# The headers of csrc/ that a file includes.
function(sl_included out file)
  file(STRINGS "${file}" lines REGEX "^#include \"[a-z_0-9]+/[a-z_0-9]+[.]h\"")
  list(TRANSFORM lines REPLACE "^#include \"([^\"]+)\".*" "\\1")
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

function(sl_write_public_header header folder)
  set(source "${CMAKE_SOURCE_DIR}/csrc/${header}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(READ "${source}" text)
  string(REGEX REPLACE "#include \"([a-z_0-9]+/[a-z_0-9]+[.]h)\"" "#include \"../\\1\"" text "${text}")
  set(begin "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n")
  set(end "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
  # Behind the last include, or else behind the include guard; and before the end of the guard.
  if(text MATCHES "^(.*\n#include [^\n]*\n)(.*)\n#endif\n$")
  elseif(text MATCHES "^(.*\n#define SL_[A-Z_0-9]+_H\n)(.*)\n#endif\n$")
  else()
    message(FATAL_ERROR "csrc/${header}: no include guard as in the other headers")
  endif()
  file(CONFIGURE OUTPUT "${folder}/${header}" CONTENT "${CMAKE_MATCH_1}${begin}${CMAKE_MATCH_2}${end}" @ONLY)
endfunction()

function(sl_install_library)
  sl_public_headers(headers)
  set(folder "${CMAKE_BINARY_DIR}/installed-headers")
  file(REMOVE_RECURSE "${folder}")
  set(includes "")
  foreach(header IN LISTS headers)
    sl_write_public_header(${header} "${folder}/sublinear")
    string(APPEND includes "#include \"${header}\"\n")
  endforeach()
  file(WRITE "${folder}/sublinear/sublinear.h"
    "// All of sublinear, ${PROJECT_VERSION}.\n#ifndef SL_SUBLINEAR_H\n#define SL_SUBLINEAR_H\n\n${includes}\n#endif\n")
  install(DIRECTORY "${folder}/sublinear" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

  target_include_directories(sublinear INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  install(TARGETS sublinear EXPORT sublinear ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  set(package "${CMAKE_INSTALL_LIBDIR}/cmake/sublinear")
  install(EXPORT sublinear NAMESPACE sublinear:: FILE sublinear-config.cmake DESTINATION "${package}")
  write_basic_package_version_file("${CMAKE_BINARY_DIR}/sublinear-config-version.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_BINARY_DIR}/sublinear-config-version.cmake" DESTINATION "${package}")
  install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/sublinear")

  # Relative to where the file lies, so that the whole tree can be moved.
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/sublinear.pc" @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
includedir=\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: sublinear
Description: Answers about large sparse systems, graphs and vector sets with error bounds
Version: @PROJECT_VERSION@
Cflags: -I\${includedir}
Libs: -L\${libdir} -lsublinear -lm
")
  install(FILES "${CMAKE_BINARY_DIR}/sublinear.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

# Installs into a folder of the build, and builds and runs what stands outside: examples/c/*, each header alone in C and in
# C++, and a CMake project.
function(sl_test_library)
  add_test(NAME c-library COMMAND "${CMAKE_COMMAND}"
    -D "BUILD=${CMAKE_BINARY_DIR}" -D "SOURCE=${CMAKE_SOURCE_DIR}" -D "LIBDIR=${CMAKE_INSTALL_LIBDIR}"
    -D "CC=${CMAKE_C_COMPILER}" -D "CXX=${CMAKE_CXX_COMPILER}" -D "FLAGS=${SL_LINK_FLAGS}"
    -D "GENERATOR=${CMAKE_GENERATOR}" -D "MAKE=${CMAKE_MAKE_PROGRAM}"
    -P "${CMAKE_SOURCE_DIR}/tools/native/c-library.cmake")
  set_tests_properties(c-library PROPERTIES LABELS library TIMEOUT 1200)
endfunction()
