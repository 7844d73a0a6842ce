// SPDX-License-Identifier: Apache-2.0
//
// The API's paths against a gateway that answers by rote.
#include "api/endpoints.h"

#include <gtest/gtest.h>

#include "api/query_text.h"

namespace levelgate::api::endpoints_test {
namespace {

using control::Value;

class RoteGateway : public Gateway {
 public:
  Result<control::Answer> show(control::Topic topic, const std::string& name) override {
    asked_topic = topic;
    asked_name = name;
    if (name == "missing") return failure(Fault::kNotFound, "no tunnel is called \"missing\"");
    control::Answer answer;
    const Value octets{std::uint64_t{18'446'744'073'709'551'615ull}};
    const Value list{Value::List{Value{true}, Value{1.5}, Value{}}};
    answer.value =
        Value{Value::Map{{"tunnels", Value{Value::Map{{"lab", Value{Value::Map{{"z", octets}, {"a", list}}}}}}}}};
    answer.columns = {{"TUNNEL"}, {"UP", control::Align::kRight}};
    answer.rows = {{"lab", "\"3d\""}};
    answer.lines = {"below"};
    return answer;
  }
  Reloaded reload() override { return reloaded; }
  Result<void> command(Command command, const std::string& tunnel) override {
    if (tunnel == "missing") return failure(Fault::kNotFound, "no tunnel \"missing\" is kept by IKE");
    if (tunnel == "asleep") return failure(Fault::kUnreachable, "tunnel \"asleep\" is not up");
    commands.emplace_back(command, tunnel);
    return {};
  }
  Result<control::Answer> explain(const std::string& tunnel) override { return show(asked_topic, tunnel); }
  control::Answer happenings(std::uint64_t after) override {
    control::Answer answer;
    answer.value = Value{Value::Map{{"last", Value{after + 1}}}};
    return answer;
  }

  control::Value yang() override {
    return Value{Value::Map{{"m:top", Value{Value::List{Value{true}}}}, {"none", Value{Value::Map{}}}}};
  }
  std::string metrics() override { return "levelgate_up 1\n"; }

  std::vector<std::pair<Command, std::string>> commands;
  control::Topic asked_topic = control::Topic::kRoutes;
  std::string asked_name = "nobody asked";
  Reloaded reloaded{true, {true, {"tunnel lab: rate 20 -> 30 Mbit/s"}}};
};

TEST(Endpoints, ShowKeepsOrderAndValues) {
  RoteGateway gateway;
  const Response response = respond(gateway, {Method::kGet, "/v1/show/tunnels", ""});
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, R"({"schema":1,"tunnels":{"lab":{"z":18446744073709551615,"a":[true,1.5E0,null]}}})");
  EXPECT_EQ(gateway.asked_topic, control::Topic::kTunnels);
  EXPECT_EQ(gateway.asked_name, "");
}

TEST(Endpoints, ShowAsATable) {
  RoteGateway gateway;
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/show/tfs", "form=table&name=a%20b"}).body,
            R"({"columns":[{"title":"TUNNEL","align":"left"},{"title":"UP","align":"right"}],)"
            R"("rows":[["lab","\"3d\""]],"lines":["below"]})");
  EXPECT_EQ(gateway.asked_name, "a b");
}

TEST(Endpoints, EveryTopicOfTheContract) {
  RoteGateway gateway;
  for (const char* topic :
       {"tunnels", "tfs", "ike", "sa", "certs", "algorithms", "drops", "ports", "neighbours", "routes"}) {
    EXPECT_EQ(respond(gateway, {Method::kGet, std::string("/v1/show/") + topic, ""}).status, 200u) << topic;
  }
}

TEST(Endpoints, WhatDoesNotExist) {
  RoteGateway gateway;
  EXPECT_EQ(respond(gateway, {Method::kGet, "/", ""}).status, 404u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/show/", ""}).status, 404u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/show/\"x", ""}).body,
            R"({"schema":1,"error":"there is nothing to show that is called \"\"x\""})");
  const Response missing = respond(gateway, {Method::kGet, "/v1/show/tunnels", "name=missing"});
  EXPECT_EQ(missing.status, 404u);
  EXPECT_EQ(missing.body, R"({"schema":1,"error":"no tunnel is called \"missing\""})");
}

TEST(Endpoints, Reload) {
  RoteGateway gateway;
  const Response good = respond(gateway, {Method::kPost, "/v1/reload", ""});
  EXPECT_EQ(good.status, 200u);
  EXPECT_EQ(good.body, R"({"schema":1,"done":true,"readable":true,"lines":["tunnel lab: rate 20 -> 30 Mbit/s"]})");
  gateway.reloaded = {false, {false, {"x.yaml:1:1: error"}}};
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/reload", ""}).status, 422u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/reload", ""}).status, 405u);
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/show/tunnels", ""}).status, 405u);
}

TEST(Query, ValuesSurviveTheWay) {
  for (const std::string name : {"berlin", "a b&c=d", "%", "%4", "münchen", "100%25"}) {
    EXPECT_EQ(query_value("x=1&name=" + percent_encoded(name) + "&y", "name"), name);
  }
  EXPECT_EQ(query_value("names=1", "name"), "");
  EXPECT_EQ(query_value("name", "name"), "");
  EXPECT_EQ(query_value("", "name"), "");
  EXPECT_EQ(query_value("name=%zz%", "name"), "%zz%");
}

TEST(Endpoints, CommandsNameOneTunnel) {
  RoteGateway gateway;
  for (const auto& [path, query] :
       std::vector<std::pair<std::string, std::string>>{{"/v1/up", "name=a%20b"},
                                                        {"/v1/down", "name=x"},
                                                        {"/v1/down", "name=x&what=children"},
                                                        {"/v1/rekey", "name=x&what=ike"},
                                                        {"/v1/rekey", "name=x"},
                                                        {"/v1/clear-breaker", "name=x"}}) {
    EXPECT_EQ(respond(gateway, {Method::kPost, path, query}).status, 200u) << path;
    EXPECT_EQ(respond(gateway, {Method::kGet, path, query}).status, 405u) << path;
  }
  const std::vector<std::pair<Command, std::string>> wanted{
      {Command::kUp, "a b"},     {Command::kDown, "x"},          {Command::kDownChildren, "x"},
      {Command::kRekeyIke, "x"}, {Command::kRekeyChildren, "x"}, {Command::kClearBreaker, "x"}};
  EXPECT_EQ(gateway.commands, wanted);
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/up", "name=missing"}).status, 404u);
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/rekey", "name=asleep"}).status, 409u);
}

TEST(Endpoints, ExplainAndHappenings) {
  RoteGateway gateway;
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/explain", "name=lab"}).status, 200u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/explain", "name=missing"}).status, 404u);
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/explain", "name=lab"}).status, 405u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/happenings", "after=41"}).body, R"({"schema":1,"last":42})");
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/happenings", "after=nonsense"}).body, R"({"schema":1,"last":1})");
}

TEST(Endpoints, Exports) {
  RoteGateway gateway;
  const Response yang = respond(gateway, {Method::kGet, "/v1/export/yang-json", ""});
  EXPECT_EQ(yang.body, "{\n  \"m:top\": [\n    true\n  ],\n  \"none\": {}\n}\n")
      << "no member of ours is among the modules'";
  EXPECT_EQ(yang.type, "application/yang-data+json");
  const Response metrics = respond(gateway, {Method::kGet, "/v1/export/prometheus", ""});
  EXPECT_EQ(metrics.body, "levelgate_up 1\n");
  EXPECT_EQ(metrics.type, "text/plain; version=0.0.4");
  EXPECT_EQ(respond(gateway, {Method::kPost, "/v1/export/prometheus", ""}).status, 405u);
  EXPECT_EQ(respond(gateway, {Method::kGet, "/v1/export/xml", ""}).status, 404u);
}

}  // namespace
}  // namespace levelgate::api::endpoints_test
