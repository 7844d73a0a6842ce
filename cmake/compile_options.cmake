# SPDX-License-Identifier: Apache-2.0
#
# Flags that hold for every room: C++23, warnings as errors, hardening in release, sanitizers by preset.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_library(levelgate_flags INTERFACE)
target_compile_options(levelgate_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Woverloaded-virtual
  -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Twelve's own library trips these two in optimised builds; clang still checks the same code.
  target_compile_options(levelgate_flags INTERFACE -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow
                                                   -Wno-error=array-bounds -Wno-error=restrict)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(levelgate_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
                                                   -fcf-protection=full)
  if(NOT LEVELGATE_SANITIZE)
    target_compile_options(levelgate_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
endif()
if(LEVELGATE_SANITIZE)
  string(REPLACE ";" "," sanitize_list "${LEVELGATE_SANITIZE}")
  add_compile_options(-fsanitize=${sanitize_list} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitize_list})
endif()
# Rooms of the data tower are compiled without exceptions, so that the compiler keeps the rule.
add_library(levelgate_data_tower_flags INTERFACE)
target_compile_options(levelgate_data_tower_flags INTERFACE -fno-exceptions)
