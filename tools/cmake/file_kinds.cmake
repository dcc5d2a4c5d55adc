# sl_file_kinds()
#
# Collects the SL_FILE_KIND() declarations of csrc/*/file.h (csrc/base/container.h explains them) into the list
# SL_FILE_KINDS(X) of <build>/include/base/file_kinds.h, which every module is compiled with: a module finds out that it
# was given the file of another one, and says whose it is.
function(sl_file_kinds)
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/csrc/*/file.h")
  set(list "")
  set(tags "")
  foreach(header IN LISTS headers)
    file(READ "${header}" text)
    string(REGEX MATCHALL "\nSL_FILE_KIND\\([^\"]*\"[^\"]*\"\\)" found "${text}")
    foreach(kind IN LISTS found)
      string(REGEX MATCH "\\([ \n]*[A-Z_0-9]+,[ \n]*(SL_TAG\\([^)]*\\)),[ \n]*(\"[^\"]*\")" kind "${kind}")
      set(tag "${CMAKE_MATCH_1}")
      if(NOT tag OR tag IN_LIST tags)
        message(FATAL_ERROR "${header}: SL_FILE_KIND(name, SL_TAG(four letters of its own), \"text\") is what is understood")
      endif()
      list(APPEND tags "${tag}")
      string(APPEND list " \\\n  X(, ${tag}, ${CMAKE_MATCH_2})")
    endforeach()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
  endforeach()
  set(SL_GENERATED_INCLUDE "${CMAKE_BINARY_DIR}/include" CACHE INTERNAL "Headers that the build makes")
  file(CONFIGURE OUTPUT "${SL_GENERATED_INCLUDE}/base/file_kinds.h" @ONLY
    CONTENT "// Made by tools/cmake/file_kinds.cmake.\n#define SL_FILE_KINDS(X)@list@\n")
endfunction()
