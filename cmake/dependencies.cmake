# SPDX-License-Identifier: Apache-2.0
#
# Every outside library is found here and nowhere else; the rooms name the targets made here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

# scripts/setup puts libraries that it builds from source below this prefix, keyed by version.
set(LEVELGATE_DEPENDENCY_ROOT "$ENV{LEVELGATE_DEPENDENCY_ROOT}" CACHE PATH "where scripts/setup puts source builds")
if(NOT LEVELGATE_DEPENDENCY_ROOT)
  set(LEVELGATE_DEPENDENCY_ROOT /opt/levelgate-deps CACHE PATH "" FORCE)
endif()
file(GLOB openssl_prefixes ${LEVELGATE_DEPENDENCY_ROOT}/openssl-*)
if(openssl_prefixes)
  list(SORT openssl_prefixes COMPARE NATURAL ORDER DESCENDING)
  list(GET openssl_prefixes 0 OPENSSL_ROOT_DIR)
endif()
find_package(OpenSSL 3.0 REQUIRED)

pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(NLROUTE REQUIRED IMPORTED_TARGET libnl-route-3.0)
if(LEVELGATE_WITH_DPDK)
  pkg_check_modules(DPDK REQUIRED IMPORTED_TARGET libdpdk>=22.11)
endif()
find_path(IPSEC_MB_INCLUDE_DIR intel-ipsec-mb.h REQUIRED)
find_library(IPSEC_MB_LIBRARY IPSec_MB REQUIRED)
add_library(levelgate_ipsec_mb INTERFACE)
target_link_libraries(levelgate_ipsec_mb INTERFACE ${IPSEC_MB_LIBRARY})
target_include_directories(levelgate_ipsec_mb SYSTEM INTERFACE ${IPSEC_MB_INCLUDE_DIR})

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
