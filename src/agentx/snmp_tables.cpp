// SPDX-License-Identifier: Apache-2.0
//
// One handler for all tables: the library finds row and column, and what a cell holds was put into the row before.
#include "agentx/snmp_tables.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "agentx/net_snmp.h"

namespace levelgate::agentx {
namespace {

struct Served {
  Fetch fetch;
  std::vector<Row> rows;  // what the tables' rows point to
  std::array<netsnmp_tdata*, kMibTables.size()> tables{};
  std::array<netsnmp_table_registration_info, kMibTables.size()> shapes{};
};

// The library calls plain functions, and gives them nothing of ours.
Served& served() {
  static Served only;
  return only;
}

std::size_t number_of(const netsnmp_tdata* table) {
  const auto& tables = served().tables;
  return static_cast<std::size_t>(std::ranges::find(tables, table) - tables.begin());
}

void remove_rows(netsnmp_tdata* table) {
  while (netsnmp_tdata_row* const row = netsnmp_tdata_row_first(table)) netsnmp_tdata_remove_and_delete_row(table, row);
}

void fill(std::size_t number) {
  netsnmp_tdata* const table = served().tables[number];
  for (Row& row : served().rows) {
    if (row.tables[number].empty()) continue;
    netsnmp_tdata_row* const made = netsnmp_tdata_create_row();
    if (made == nullptr) return;
    made->data = &row;
    long index = static_cast<long>(row.index);
    netsnmp_tdata_row_add_index(made, ASN_INTEGER, &index, sizeof index);
    netsnmp_tdata_add_row(table, made);
  }
}

int load(netsnmp_cache*, void*) {
  for (netsnmp_tdata* const table : served().tables) remove_rows(table);
  served().rows = served().fetch();
  for (std::size_t i = 0; i < kMibTables.size(); ++i) fill(i);
  return 0;  // a fetch that failed counts as well, or each request would ask again
}

void keep(netsnmp_cache*, void*) {}

void answer(netsnmp_variable_list* variable, const MibColumn& column, std::uint64_t value) {
  switch (column.syntax) {
    case Syntax::kTruth:
    case Syntax::kNanoSeconds:
      snmp_set_var_typed_integer(variable, ASN_INTEGER, static_cast<long>(value));
      return;
    case Syntax::kUnsigned:
      snmp_set_var_typed_integer(variable, ASN_UNSIGNED, static_cast<long>(value));
      return;
    case Syntax::kCounter: {
      struct counter64 wide{};
      wide.high = static_cast<u_long>(value >> 32);
      wide.low = static_cast<u_long>(value & 0xffff'ffffU);
      snmp_set_var_typed_value(variable, ASN_COUNTER64, &wide, sizeof wide);
      return;
    }
  }
}

int serve(netsnmp_mib_handler*, netsnmp_handler_registration*, netsnmp_agent_request_info* about,
          netsnmp_request_info* requests) {
  if (about->mode != MODE_GET) return SNMP_ERR_NOERROR;
  for (netsnmp_request_info* request = requests; request != nullptr; request = request->next) {
    if (request->processed != 0) continue;
    const auto* const row = static_cast<const Row*>(netsnmp_tdata_extract_entry(request));
    const auto* const where = netsnmp_extract_table_info(request);
    const std::size_t number = number_of(netsnmp_tdata_extract_table(request));
    if (row == nullptr || where == nullptr || number >= kMibTables.size()) {
      netsnmp_set_request_error(about, request, SNMP_NOSUCHINSTANCE);
      continue;
    }
    const auto columns = kMibTables[number].columns;
    const auto column = std::ranges::find(columns, where->colnum, &MibColumn::number);
    const auto at = static_cast<std::size_t>(column - columns.begin());
    if (column == columns.end() || !row->tables[number][at]) {
      netsnmp_set_request_error(about, request, SNMP_NOSUCHINSTANCE);
      continue;
    }
    answer(request->requestvb, *column, *row->tables[number][at]);
  }
  return SNMP_ERR_NOERROR;
}

bool serve_table(std::size_t number, netsnmp_cache* cache) {
  const MibTable& table = kMibTables[number];
  std::vector<oid> root(kIptfsMib.begin(), kIptfsMib.end());
  for (const oid part : {oid{1}, oid{table.group}, oid{1}}) root.push_back(part);
  const std::string name(table.name);
  netsnmp_handler_registration* const registration =
      netsnmp_create_handler_registration(name.c_str(), serve, root.data(), root.size(), HANDLER_CAN_RONLY);
  netsnmp_tdata* const data = netsnmp_tdata_create_table(name.c_str(), 0);
  netsnmp_table_registration_info* const about = &served().shapes[number];
  if (registration == nullptr || data == nullptr) return false;
  served().tables[number] = data;
  netsnmp_table_helper_add_indexes(about, ASN_INTEGER, 0);
  about->min_column = table.columns.front().number;
  about->max_column = table.columns.back().number;
  if (netsnmp_tdata_register(registration, data, about) != SNMPERR_SUCCESS) return false;
  return netsnmp_inject_handler(registration, netsnmp_cache_handler_get(cache)) == SNMPERR_SUCCESS;
}

}  // namespace

bool serve_tables(Fetch fetch, int seconds) {
  served().fetch = std::move(fetch);
  std::vector<oid> root(kIptfsMib.begin(), kIptfsMib.end());
  netsnmp_cache* const cache = netsnmp_cache_create(seconds, load, keep, root.data(), static_cast<int>(root.size()));
  if (cache == nullptr) return false;
  cache->flags =
      NETSNMP_CACHE_DONT_FREE_EXPIRED | NETSNMP_CACHE_DONT_AUTO_RELEASE | NETSNMP_CACHE_DONT_FREE_BEFORE_LOAD;
  for (std::size_t i = 0; i < kMibTables.size(); ++i) {
    if (!serve_table(i, cache)) return false;
  }
  return true;
}

}  // namespace levelgate::agentx
