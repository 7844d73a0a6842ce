# SPDX-License-Identifier: Apache-2.0
#
# Flags that hold for every room: C++23, warnings as errors, hardening in release, sanitizers by preset.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# An installed binary finds the OpenSSL of scripts/setup as the one in the build tree does.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What precompiled headers need of it.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()
# Many small test programs are linked; mold does it in a tenth of the time. What release installs keeps the system's
# linker.
find_program(MOLD_PROGRAM mold)
if(LEVELGATE_FAST_LINK AND MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# DPDK asks for this level in any case (SSE 4.2); faster instructions are chosen at run time by the crypto libraries.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-march=x86-64-v2)
endif()

add_library(levelgate_flags INTERFACE)
target_compile_options(levelgate_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Woverloaded-virtual
  -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Twelve's own library trips these in optimised builds; clang still checks the same code.
  target_compile_options(levelgate_flags INTERFACE -Wno-maybe-uninitialized -Wno-error=stringop-overflow
                                                   -Wno-error=stringop-overread -Wno-error=array-bounds
                                                   -Wno-error=restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Twelve's library calls what it deprecates itself (std::stable_sort).
  target_compile_options(levelgate_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(levelgate_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
                                                   -fcf-protection=full)
  if(NOT LEVELGATE_SANITIZE)
    target_compile_options(levelgate_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
  string(APPEND CMAKE_EXE_LINKER_FLAGS " -pie")
else()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(LEVELGATE_SANITIZE)
  string(REPLACE ";" "," sanitize_list "${LEVELGATE_SANITIZE}")
  add_compile_options(-fsanitize=${sanitize_list} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitize_list})
  # The counting operator new of tests stands before the sanitizer's own, which clang links as a whole.
  if(LEVELGATE_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_link_options(-Wl,--allow-multiple-definition)
  endif()
  # Boost.Asio has a fence beside its locks; the locks are what the sanitizer goes by.
  if(LEVELGATE_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(LEVELGATE_WITH_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "LEVELGATE_WITH_FUZZ needs clang (libFuzzer): use the preset 'fuzz'")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Behind levelgate_flags. Clang counts changes of sign among what -Wconversion means; tests count in int.
add_library(levelgate_test_flags INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(levelgate_test_flags INTERFACE -Wno-sign-conversion)
endif()

# Rooms of the data tower are compiled without exceptions, so that the compiler keeps the rule.
add_library(levelgate_data_tower_flags INTERFACE)
target_compile_options(levelgate_data_tower_flags INTERFACE -fno-exceptions)
# The others can afford the standard library's bounds checks in release as well.
add_library(levelgate_control_tower_flags INTERFACE)
target_compile_definitions(levelgate_control_tower_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:_GLIBCXX_ASSERTIONS>)
