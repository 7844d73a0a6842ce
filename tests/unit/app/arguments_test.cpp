// SPDX-License-Identifier: Apache-2.0
//
// The daemon's arguments, and the exit code of each kind of fault.
#include "app/arguments.h"

#include <gtest/gtest.h>

#include <vector>

#include "app/exit_status.h"

namespace levelgate::app::arguments_test {
namespace {

Arguments read(std::vector<const char*> words) { return read_arguments(words); }

TEST(Arguments, AreFour) {
  EXPECT_EQ(read({}).task, Task::kRun);
  EXPECT_EQ(read({}).config, "/etc/levelgate/levelgate.yaml");
  EXPECT_EQ(read({"--config", "a.yaml"}).config, "a.yaml");
  EXPECT_EQ(read({"--config=b.yaml", "--check"}).config, "b.yaml");
  EXPECT_EQ(read({"--config=b.yaml", "--check"}).task, Task::kCheck);
  EXPECT_EQ(read({"--version"}).task, Task::kVersion);
  EXPECT_EQ(read({"-h"}).task, Task::kHelp);
}

TEST(Arguments, WrongOnesAreNamed) {
  EXPECT_EQ(read({"--config"}).task, Task::kWrong);
  const Arguments unknown = read({"--verbose"});
  EXPECT_EQ(unknown.task, Task::kWrong);
  EXPECT_EQ(unknown.problem, "\"--verbose\" is not known");
}

TEST(ExitStatus, OfEachFault) {
  EXPECT_EQ(exit_status_of(Fault::kBadInput), ExitStatus::kBadConfig);
  EXPECT_EQ(exit_status_of(Fault::kDeviceMissing), ExitStatus::kDeviceMissing);
  EXPECT_EQ(exit_status_of(Fault::kNoMemory), ExitStatus::kDeviceMissing);
  EXPECT_EQ(exit_status_of(Fault::kAddressInUse), ExitStatus::kDeviceMissing);
  EXPECT_EQ(exit_status_of(Fault::kNotPermitted), ExitStatus::kNotPermitted);
  EXPECT_EQ(exit_status_of(Fault::kIo), ExitStatus::kInternal);
  EXPECT_EQ(static_cast<int>(ExitStatus::kDeviceMissing), 69);
  EXPECT_EQ(static_cast<int>(ExitStatus::kInternal), 70);
  EXPECT_EQ(static_cast<int>(ExitStatus::kNotPermitted), 77);
  EXPECT_EQ(static_cast<int>(ExitStatus::kBadConfig), 78);
}

}  // namespace
}  // namespace levelgate::app::arguments_test
