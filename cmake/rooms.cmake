# SPDX-License-Identifier: Apache-2.0
#
# levelgate_room(NAME aggfrag DATA_TOWER LINKS base wire EXTERNAL PkgConfig::X)
#   makes the static library levelgate_aggfrag from the *.cpp of the calling folder. Without any
#   source it is an interface library. A room links only what the layer table lets it include.
# levelgate_test(NAME aggfrag_sender_test LINKS aggfrag SOURCES sender_test.cpp)
#   makes one GoogleTest program and registers each of its tests with ctest. The tests' label and the
#   target that builds them all are named after the folder: tests/unit/aggfrag -> label 'unit/aggfrag',
#   target 'tests_unit_aggfrag'.
function(levelgate_room)
  cmake_parse_arguments(ROOM "DATA_TOWER" "NAME" "LINKS;EXTERNAL" ${ARGN})
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

function(levelgate_test)
  cmake_parse_arguments(T "" "NAME" "SOURCES;LINKS;EXTERNAL" ${ARGN})
  set(links)
  foreach(link IN LISTS T_LINKS)
    list(APPEND links levelgate_${link})
  endforeach()
  add_executable(${T_NAME} ${T_SOURCES})
  target_include_directories(${T_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${T_NAME} PRIVATE ${links} ${T_EXTERNAL} levelgate_flags GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${T_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  # The tests are listed when ctest starts, not when they are linked: a thread sanitizer build runs only where address
  # randomisation is off, and scripts/test sees to that for ctest.
  gtest_discover_tests(${T_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 300 LABELS ${label})
  levelgate_tests_of_folder(${T_NAME})
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
