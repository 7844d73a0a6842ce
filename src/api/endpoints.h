// SPDX-License-Identifier: Apache-2.0
//
// The API's paths: GET /v1/show/TOPIC[?name=NAME&form=table], GET /v1/explain?name=NAME, GET /v1/happenings?after=N,
// GET /v1/export/yang-json, GET /v1/export/prometheus,
// POST /v1/reload, and POST /v1/up, /v1/down[?what=children], /v1/rekey?what=ike|children with ?name=NAME. Turns
// requests into questions to the gateway and its answers into JSON; decides nothing. A hostile request is answered with
// a problem.
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <string>

#include "api/http_server.h"
#include "control/admin.h"
#include "control/controller.h"

namespace levelgate::api {

struct Reloaded {
  bool readable = false;  // the file held a valid configuration
  control::ReloadOutcome outcome;
};

enum class Command : std::uint8_t { kUp, kDown, kDownChildren, kRekeyIke, kRekeyChildren };

// What the daemon offers to those who ask. Thread: control.
class Gateway {
 public:
  virtual ~Gateway() = default;
  [[nodiscard]] virtual Result<control::Answer> show(control::Topic topic, const std::string& name) = 0;
  [[nodiscard]] virtual Reloaded reload() = 0;
  // Begun, not done: what comes of it is to be seen by show and explain.
  [[nodiscard]] virtual Result<void> command(Command command, const std::string& tunnel) = 0;
  [[nodiscard]] virtual Result<control::Answer> explain(const std::string& tunnel) = 0;
  [[nodiscard]] virtual control::Answer happenings(std::uint64_t after) = 0;
  [[nodiscard]] virtual control::Value yang() = 0;  // configuration and state by RFC 9061 and RFC 9348
  [[nodiscard]] virtual std::string metrics() = 0;  // in Prometheus' text format
};

[[nodiscard]] Response respond(Gateway& gateway, const Request& request);

// {"schema": 1, ...} for scripts, or {"columns", "rows", "lines"} for a command that prints a table.
[[nodiscard]] std::string answer_json(const control::Answer& answer);
[[nodiscard]] std::string table_json(const control::Answer& answer);
// The value as it is, with line breaks for people.
[[nodiscard]] std::string pretty_json(const control::Value& value);

}  // namespace levelgate::api
