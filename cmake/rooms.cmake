# SPDX-License-Identifier: Apache-2.0
#
# levelgate_room(NAME aggfrag DATA_TOWER LINKS base wire EXTERNAL PkgConfig::X)
#   makes the static library levelgate_aggfrag from the *.cpp of the calling folder. Without any
#   source it is an interface library. A room links only what the layer table lets it include.
#   COMPUTES_LITTLE: under a sanitizer the compiler's time is more than what optimised code would save.
#   ALONE: files that never share a unit, since what they say at the margin would reach the others (scripts/check_units.py).
# levelgate_tests(LINKS aggfrag EXTERNAL rapidcheck)
#   makes one GoogleTest program of the calling folder's *_test.cpp and registers each of its tests with ctest. The tests'
#   label, the program and the target that builds all of a folder are named after it: tests/unit/aggfrag -> 'unit/aggfrag',
#   'unit_aggfrag_test', 'tests_unit_aggfrag'. Where rooms are units, so are such programs, eight files in each.
#   WITHOUT: files that this program does not have.
# levelgate_test(NAME dpdk_start_test LINKS dpdk SOURCES eal_start_test.cpp)
#   the same for a program that has to have certain files and no others.
function(levelgate_room)
  cmake_parse_arguments(ROOM "DATA_TOWER;COMPUTES_LITTLE" "NAME" "LINKS;EXTERNAL;ALONE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(links)
  foreach(link IN LISTS ROOM_LINKS)
    list(APPEND links levelgate_${link})
  endforeach()
  if(sources)
    add_library(levelgate_${ROOM_NAME} STATIC ${sources})
    target_include_directories(levelgate_${ROOM_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(levelgate_${ROOM_NAME} PUBLIC ${links} ${ROOM_EXTERNAL} PRIVATE levelgate_flags)
    levelgate_as_units(levelgate_${ROOM_NAME} 0 ${ROOM_ALONE})
    if(ROOM_COMPUTES_LITTLE AND LEVELGATE_SANITIZE)
      target_compile_options(levelgate_${ROOM_NAME} PRIVATE -O0)
    endif()
    if(ROOM_DATA_TOWER)
      target_link_libraries(levelgate_${ROOM_NAME} PRIVATE levelgate_data_tower_flags)
    else()
      target_link_libraries(levelgate_${ROOM_NAME} PRIVATE levelgate_control_tower_flags)
    endif()
  else()
    add_library(levelgate_${ROOM_NAME} INTERFACE)
    target_include_directories(levelgate_${ROOM_NAME} INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(levelgate_${ROOM_NAME} INTERFACE ${links} ${ROOM_EXTERNAL})
  endif()
endfunction()

# levelgate_as_units(TARGET FILES_EACH ALONE...): 0 is one unit for all.
function(levelgate_as_units target files)
  if(NOT LEVELGATE_ROOMS_AS_UNITS)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A class that a file hides may hold what the file hides; the compiler takes the file for a header.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

function(levelgate_tests)
  cmake_parse_arguments(TESTS "" "" "WITHOUT;LINKS;EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  list(REMOVE_ITEM sources ${TESTS_WITHOUT})
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${name}_test)
  levelgate_test(NAME ${name} SOURCES ${sources} LINKS ${TESTS_LINKS} EXTERNAL ${TESTS_EXTERNAL})
  levelgate_as_units(${name} 8)
endfunction()

function(levelgate_test)
  cmake_parse_arguments(T "" "NAME" "SOURCES;LINKS;EXTERNAL" ${ARGN})
  file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  set(links)
  foreach(link IN LISTS T_LINKS)
    list(APPEND links levelgate_${link})
  endforeach()
  add_executable(${T_NAME} ${T_SOURCES})
  target_include_directories(${T_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${T_NAME} PRIVATE ${links} ${T_EXTERNAL} levelgate_flags levelgate_test_flags GTest::gtest GTest::gmock
                        GTest::gtest_main)
  levelgate_quickly_built(${T_NAME})
  if(label MATCHES "^unit/" AND NOT LEVELGATE_SHORT_TESTS AND NOT LEVELGATE_LONG_TESTS AND NOT LEVELGATE_TESTS_OF_RELEASE)
    set_target_properties(${T_NAME} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  set_target_properties(${T_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # The tests are listed when ctest starts, not when they are linked: a thread sanitizer build runs only where address
  # randomisation is off, and scripts/test sees to that for ctest.
  set(timeout 300)
  if(LEVELGATE_LONG_TESTS)
    set(timeout 3600)  # LEVELGATE_LONG=1
  endif()
  gtest_discover_tests(${T_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${timeout} LABELS ${label})
  levelgate_tests_of_folder(${T_NAME})
endfunction()

# Most tests take longer to compile than to run; the rooms are optimised as ever. A folder whose tests compute for long
# says set(LEVELGATE_LONG_TESTS ON) before it names them. Of the others, scripts/test builds in release only those of
# folders that say set(LEVELGATE_TESTS_OF_RELEASE ON): what they show, a sanitizer's build cannot (decision 0035).
function(levelgate_quickly_built target)
  set(kind short)
  if(LEVELGATE_LONG_TESTS)
    set(kind long)
  endif()
  target_compile_options(${target} PRIVATE ${LEVELGATE_OPTIONS_OF_${kind}_tests})
  if(MOLD_PROGRAM)
    target_link_options(${target} PRIVATE -fuse-ld=mold)
  endif()
  if(LEVELGATE_PRECOMPILED_TESTS)
    target_precompile_headers(${target} REUSE_FROM levelgate_headers_of_${kind}_tests)
  endif()
endfunction()

# Makes what levelgate_quickly_built() shares between all programs of tests, for the folder that calls and those below.
function(levelgate_test_headers header)
  set(LEVELGATE_OPTIONS_OF_short_tests -O0 -g1 -U_FORTIFY_SOURCE)
  set(LEVELGATE_OPTIONS_OF_long_tests -O1 -g1)
  if(LEVELGATE_SANITIZE MATCHES undefined)
    # A third of their compiler's time; the rooms have it, and so have short tests, in which headers run as well.
    list(APPEND LEVELGATE_OPTIONS_OF_long_tests -fno-sanitize=undefined)
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "int main() {}\n" @ONLY)
  foreach(kind short long)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CCACHE_PROGRAM)
      list(APPEND LEVELGATE_OPTIONS_OF_${kind}_tests -fpch-preprocess)  # or ccache knows nothing of what is precompiled
    endif()
    set(LEVELGATE_OPTIONS_OF_${kind}_tests ${LEVELGATE_OPTIONS_OF_${kind}_tests} PARENT_SCOPE)
    if(LEVELGATE_PRECOMPILED_TESTS)
      add_executable(levelgate_headers_of_${kind}_tests EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/test_headers.cpp)
      target_link_libraries(levelgate_headers_of_${kind}_tests PRIVATE levelgate_flags GTest::gtest GTest::gmock)
      target_compile_options(levelgate_headers_of_${kind}_tests PRIVATE ${LEVELGATE_OPTIONS_OF_${kind}_tests})
      target_precompile_headers(levelgate_headers_of_${kind}_tests PRIVATE ${header})
    endif()
  endforeach()
endfunction()

# Collects programs below one target for each folder of tests.
function(levelgate_tests_of_folder target)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" group ${folder})
  if(NOT TARGET ${group})
    add_custom_target(${group})
  endif()
  add_dependencies(${group} ${target})
endfunction()

# levelgate_headers_alone() makes the target 'headers_alone' (not part of 'all'): each header of each room compiled as
# the only include of a file, with nothing but what its room links.
function(levelgate_headers_alone)
  add_custom_target(headers_alone)
  foreach(room IN LISTS ARGN)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
         ${CMAKE_SOURCE_DIR}/src/${room}/*.h ${CMAKE_SOURCE_DIR}/include/levelgate/${room}/*.h)
    if(NOT TARGET levelgate_${room} OR NOT headers)
      continue()
    endif()
    set(sources)
    foreach(header IN LISTS headers)
      string(REGEX REPLACE "^(src|include)/" "" name ${header})
      set(source ${CMAKE_BINARY_DIR}/headers_alone/${name}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${name}\"\n" @ONLY)
      list(APPEND sources ${source})
    endforeach()
    add_library(headers_alone_${room} OBJECT EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(headers_alone_${room} PRIVATE levelgate_${room} levelgate_flags)
    target_compile_options(headers_alone_${room} PRIVATE -O0 -g0 -U_FORTIFY_SOURCE)
    add_dependencies(headers_alone headers_alone_${room})
  endforeach()
endfunction()
