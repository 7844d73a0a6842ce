// SPDX-License-Identifier: Apache-2.0
//
// Who may read the key log, and what is refused; SAs are written once, and no more lines than the bound.
#include "app/key_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "crypto/random.h"
#include "unit/api/private_folder.h"

namespace levelgate::app::key_log_test {
namespace {

model::EspSa sa(std::uint32_t spi) {
  const std::array<std::byte, 36> key{std::byte{0xab}};
  model::EspSa made;
  made.spi = Spi{spi};
  made.key = std::make_shared<const Secret>(ConstBytes(key));
  return made;
}

class KeyLogFile : public ::testing::Test {
 protected:
  Result<std::unique_ptr<KeyLog>> open() { return KeyLog::open({.directory = directory_}); }
  std::string text(const std::string& table = "/esp_sa") {
    std::ifstream file(directory_ + table);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  mode_t mode(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  void expect_refused(const std::string& why) {
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().what.find(why), std::string::npos) << opened.error().what;
  }
  model::ForwardingPlan plan(std::uint32_t first, std::uint32_t count) {
    model::TunnelPlan tunnel;
    tunnel.name = "lab";
    tunnel.local = *IpAddress::parse("198.51.100.1");
    tunnel.remote = *IpAddress::parse("198.51.100.2");
    for (std::uint32_t i = 0; i < count; ++i) tunnel.inbound.push_back(sa(first + i));
    tunnel.outbound = sa(1);
    tunnel.outbound->key = outbound_key_;
    model::ForwardingPlan made;
    made.tunnels.push_back(std::move(tunnel));
    return made;
  }

  tests::PrivateFolder folder_;
  std::string directory_ = folder_ / "keys";
  std::shared_ptr<const Secret> outbound_key_ = sa(1).key;
  std::unique_ptr<crypto::Random> random_ = crypto::make_openssl_random();
  ike::Engine engine_{*random_};
};

TEST_F(KeyLogFile, IsForItsOwnerAlone) {
  const mode_t before = umask(0);
  const auto opened = open();
  umask(before);
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ(mode(directory_), 0700u);
  EXPECT_EQ(mode(directory_ + "/esp_sa"), 0600u);
  EXPECT_EQ(mode(directory_ + "/ikev2_decryption_table"), 0600u);
}

TEST_F(KeyLogFile, OthersInTheDirectoryAreRefused) {
  for (const mode_t mode : {0701u, 0710u, 0750u, 0755u, 0770u}) {
    ASSERT_EQ(mkdir(directory_.c_str(), 0700), 0);
    chmod(directory_.c_str(), mode);
    expect_refused("is open to others");
    ASSERT_EQ(rmdir(directory_.c_str()), 0);
  }
}

TEST_F(KeyLogFile, FilesThatOthersReachAreRefused) {
  ASSERT_EQ(mkdir(directory_.c_str(), 0700), 0);
  const std::string file = directory_ + "/esp_sa";
  std::ofstream(file) << "";
  chmod(file.c_str(), 0640);
  expect_refused("is open to others");
  unlink(file.c_str());
  ASSERT_EQ(symlink("/dev/null", file.c_str()), 0);
  expect_refused("esp_sa");
  unlink(file.c_str());
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  expect_refused("esp_sa");
  unlink(file.c_str());
  std::ofstream(folder_ / "elsewhere") << "";
  chmod((folder_ / "elsewhere").c_str(), 0600);
  ASSERT_EQ(link((folder_ / "elsewhere").c_str(), file.c_str()), 0);
  expect_refused("is no ordinary file");
}

TEST_F(KeyLogFile, ALinkToADirectoryIsRefused) {
  ASSERT_EQ(mkdir((folder_ / "real").c_str(), 0700), 0);
  ASSERT_EQ(symlink((folder_ / "real").c_str(), directory_.c_str()), 0);
  expect_refused("keys");
}

TEST_F(KeyLogFile, EachSaIsWrittenOnceAndToldWithoutItsKey) {
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().what;
  const model::ForwardingPlan first = plan(100, 2);
  const auto written = (*opened)->take(first, engine_);
  ASSERT_TRUE(written);
  ASSERT_EQ(written->size(), 3u);
  for (const auto& one : *written) EXPECT_EQ((one.tunnel + one.what).find("ab0000"), std::string::npos);
  const std::string before = text();
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), 3);
  EXPECT_NE(before.find("0xab0000"), std::string::npos);
  const auto again = (*opened)->take(first, engine_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(text(), before);
}

TEST_F(KeyLogFile, WhatPeersCauseHasABound) {
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().what;
  std::size_t refusals = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto written = (*opened)->take(plan(1000 + i * 100, 100), engine_);
    refusals += written ? 0 : 1;
  }
  EXPECT_EQ(refusals, 1u);  // told once
  const std::string all = text();
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')), KeyLog::kMostLines);
}

}  // namespace
}  // namespace levelgate::app::key_log_test
