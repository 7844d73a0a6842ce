// SPDX-License-Identifier: Apache-2.0
//
// Messages to the service manager, as it would receive them.
#include "app/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "unit/api/private_folder.h"

namespace levelgate::app::supervisor_test {
namespace {

class Manager {
 public:
  explicit Manager(const std::string& path) : descriptor_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Manager() { close(descriptor_); }
  std::string next() const {
    std::array<char, 256> buffer{};
    const auto octets = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return octets < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(octets));
  }

 private:
  int descriptor_;
};

TEST(Supervisor, HearsWhatItKnows) {
  tests::PrivateFolder folder;
  const Manager manager(folder / "notify");
  const Supervisor told(folder / "notify");
  told.ready("2 tunnels");
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=2 tunnels");
  told.reloading();
  EXPECT_THAT(manager.next(), ::testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  told.status("x");
  EXPECT_EQ(manager.next(), "STATUS=x");
  told.alive();
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  told.stopping();
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(Supervisor, NobodyThereIsHarmless) {
  Supervisor("").alive();
  Supervisor("/nonexistent/notify").alive();
  Supervisor(std::string(300, 'x')).alive();
}

}  // namespace
}  // namespace levelgate::app::supervisor_test
