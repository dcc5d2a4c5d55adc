# The compiler of the native builds: clang 19, the one that the WebAssembly build uses, then any other clang (sanitizers and
# libFuzzer are clang's), then the system's compiler. CC and CXX in the environment, or -DCMAKE_C_COMPILER, win.
if(NOT DEFINED ENV{CC} AND NOT CMAKE_C_COMPILER)
  find_program(CMAKE_C_COMPILER NAMES clang-19 clang cc)
  find_program(CMAKE_CXX_COMPILER NAMES clang++-19 clang++ c++)
endif()
