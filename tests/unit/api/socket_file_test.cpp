// SPDX-License-Identifier: Apache-2.0
//
// What may be removed at the socket's path and what may not.
#include "api/socket_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <fstream>

#include "unit/api/private_folder.h"

namespace levelgate::api::socket_file_test {
namespace {

namespace fs = std::filesystem;
using Local = boost::asio::local::stream_protocol;

TEST(SocketPath, AStaleSocketIsRemoved) {
  tests::PrivateFolder folder;
  const std::string path = folder / "stale.sock";
  boost::asio::io_context context;
  {
    Local::acceptor gone(context, Local::endpoint(path));
  }
  ASSERT_TRUE(fs::exists(path));
  EXPECT_TRUE(clear_socket_path(path));
  EXPECT_FALSE(fs::exists(path));
}

TEST(SocketPath, AServedSocketStays) {
  tests::PrivateFolder folder;
  const std::string path = folder / "served.sock";
  boost::asio::io_context context;
  Local::acceptor living(context, Local::endpoint(path));
  const auto cleared = clear_socket_path(path);
  ASSERT_FALSE(cleared);
  EXPECT_EQ(cleared.error().fault, Fault::kAddressInUse);
  EXPECT_TRUE(fs::exists(path));
}

TEST(SocketPath, AFileThatIsNoSocketStays) {
  tests::PrivateFolder folder;
  const std::string path = folder / "precious";
  std::ofstream(path) << "text";
  const auto cleared = clear_socket_path(path);
  ASSERT_FALSE(cleared);
  EXPECT_EQ(cleared.error().fault, Fault::kAddressInUse);
  EXPECT_TRUE(fs::exists(path));
}

TEST(SocketPath, OneMissingFolderIsMade) {
  tests::PrivateFolder folder;
  EXPECT_TRUE(clear_socket_path(folder / "run/api.sock"));
  EXPECT_TRUE(fs::is_directory(folder / "run"));
  EXPECT_FALSE(clear_socket_path(folder / "a/b/c/api.sock"));
}

TEST(SocketPath, ATooLongPathIsBadInput) {
  const auto cleared = clear_socket_path("/" + std::string(120, 'x'));
  ASSERT_FALSE(cleared);
  EXPECT_EQ(cleared.error().fault, Fault::kBadInput);
}

}  // namespace
}  // namespace levelgate::api::socket_file_test
