// SPDX-License-Identifier: Apache-2.0
//
// net-snmp's agent library, whose headers want an order of their own.
#pragma once

// clang-format off
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
// clang-format on
