# SPDX-License-Identifier: Apache-2.0
#
# Every outside library is found here and nowhere else; the rooms name the targets made here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# scripts/setup puts libraries that it builds from source below this prefix, keyed by version.
if(DEFINED ENV{LEVELGATE_DEPENDENCY_ROOT})
  set(default_dependency_root $ENV{LEVELGATE_DEPENDENCY_ROOT})
else()
  set(default_dependency_root /opt/levelgate-deps)
endif()
set(LEVELGATE_DEPENDENCY_ROOT ${default_dependency_root} CACHE PATH "where scripts/setup puts source builds")

# Debian 12's own OpenSSL is 3.0; the newest private one wins over it. A cache that names one that is gone, or an
# older one, is forgotten, so that a build tree follows scripts/setup.
file(GLOB openssl_prefixes ${LEVELGATE_DEPENDENCY_ROOT}/openssl-3.*)
if(openssl_prefixes)
  list(SORT openssl_prefixes COMPARE NATURAL ORDER DESCENDING)
  list(GET openssl_prefixes 0 OPENSSL_ROOT_DIR)
  if(NOT "${OPENSSL_INCLUDE_DIR}" STREQUAL "${OPENSSL_ROOT_DIR}/include")
    unset(OPENSSL_INCLUDE_DIR CACHE)
    unset(OPENSSL_CRYPTO_LIBRARY CACHE)
    unset(OPENSSL_SSL_LIBRARY CACHE)
  endif()
  set(ENV{PKG_CONFIG_PATH} "${OPENSSL_ROOT_DIR}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
endif()
find_package(OpenSSL 3.5 REQUIRED COMPONENTS Crypto)

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

# The static library, whose source of randomness is ours (crypto/mceliece.cpp). scripts/setup unpacks it where Debian has
# none.
file(GLOB mceliece_prefixes ${LEVELGATE_DEPENDENCY_ROOT}/mceliece-*/usr)
find_path(MCELIECE_INCLUDE_DIR mceliece.h HINTS ${mceliece_prefixes} PATH_SUFFIXES include REQUIRED)
find_library(MCELIECE_LIBRARY libmceliece.a HINTS ${mceliece_prefixes}
             PATH_SUFFIXES lib lib/${CMAKE_LIBRARY_ARCHITECTURE} REQUIRED)
add_library(levelgate_mceliece INTERFACE)
target_link_libraries(levelgate_mceliece INTERFACE ${MCELIECE_LIBRARY})
target_include_directories(levelgate_mceliece SYSTEM INTERFACE ${MCELIECE_INCLUDE_DIR})

# The SNMP sub-agent is left out where net-snmp is not.
find_path(NET_SNMP_INCLUDE_DIR net-snmp/net-snmp-config.h)
find_library(NET_SNMP_AGENT_LIBRARY netsnmpagent)
find_library(NET_SNMP_LIBRARY netsnmp)
if(NET_SNMP_INCLUDE_DIR AND NET_SNMP_AGENT_LIBRARY AND NET_SNMP_LIBRARY)
  add_library(levelgate_netsnmp INTERFACE)
  target_link_libraries(levelgate_netsnmp INTERFACE ${NET_SNMP_AGENT_LIBRARY} ${NET_SNMP_LIBRARY})
  target_include_directories(levelgate_netsnmp SYSTEM INTERFACE ${NET_SNMP_INCLUDE_DIR})
endif()

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

# For tests and benches only.
find_package(GTest REQUIRED)
include(GoogleTest)
find_package(rapidcheck REQUIRED)
if(LEVELGATE_WITH_BENCH)
  find_package(benchmark REQUIRED)
endif()
