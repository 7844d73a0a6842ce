// SPDX-License-Identifier: Apache-2.0
//
// What is opened while a thread is in a namespace stays there: the descriptor is used from anywhere.
#include "support/link_emulator/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace levelgate::testing {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The calling thread is in the namespace as long as this lives.
class Stay {
 public:
  explicit Stay(const std::string& space) : home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (space.empty()) return;
    const std::string path = space.starts_with('/') ? space : "/run/netns/" + space;
    const Descriptor there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    fault_ = home_.get() < 0 || there.get() < 0 || setns(there.get(), CLONE_NEWNET) != 0 ? errno : 0;
    moved_ = fault_ == 0;
  }
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay() {
    if (moved_ && setns(home_.get(), CLONE_NEWNET) != 0) std::abort();  // nothing else could be trusted
  }
  [[nodiscard]] int fault() const { return fault_; }

 private:
  Descriptor home_;
  int fault_ = 0;
  bool moved_ = false;
};

std::unexpected<Error> refused(const TapPlace& place, const std::string& what) {
  const std::string name = place.space.empty() ? place.interface : place.space + ":" + place.interface;
  return failure(Fault::kDeviceMissing, name + ": " + what);
}

std::string space_cure(int fault, const std::string& space) {
  if (fault == ENOENT) return "there is no such network namespace: ip netns add " + space;
  if (fault == EPERM || fault == EACCES) return "the namespace may not be entered: run as root";
  return std::string("the namespace cannot be entered: ") + std::strerror(fault);
}

std::string tun_cure(int fault) {
  if (fault == ENOENT || fault == ENODEV) return "/dev/net/tun is missing: modprobe tun";
  if (fault == EPERM || fault == EACCES) return "a TAP interface may not be made: run as root";
  if (fault == EBUSY) return "another program holds this interface: end it, or choose another name";
  if (fault == EINVAL || fault == EEXIST)
    return "an interface of this name is there and is no TAP: choose another name";
  return std::string("no TAP interface: ") + std::strerror(fault);
}

Result<void> bring_up(const TapPlace& place, ifreq request, std::uint32_t mtu) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  request.ifr_mtu = static_cast<int>(mtu);
  if (ioctl(socket.get(), SIOCSIFMTU, &request) != 0) {
    return refused(place, "mtu: " + std::to_string(mtu) + " octets are refused: use 68B to 65521B");
  }
  if (ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return refused(place, std::strerror(errno));
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return refused(place, std::strerror(errno));
  return {};
}

}  // namespace

Result<TapPlace> parse_tap_place(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  TapPlace place;
  if (colon != std::string_view::npos) place.space = text.substr(0, colon);
  place.interface = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  const bool good_name = !place.interface.empty() && place.interface.size() < IFNAMSIZ &&
                         place.interface.find_first_of("/ %") == std::string::npos;
  if (!good_name || colon == 0) {
    return failure(Fault::kBadInput,
                   "\"" + std::string(text) + "\": write NETNS:INTERFACE, the interface's name of 1 to 15 letters");
  }
  return place;
}

Result<Tap> Tap::open(const TapPlace& place, std::uint32_t mtu) {
  const Stay stay(place.space);
  if (stay.fault() != 0) return refused(place, space_cure(stay.fault(), place.space));
  Descriptor tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0) return refused(place, tun_cure(errno));
  ifreq request{};
  std::memcpy(request.ifr_name, place.interface.data(), place.interface.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(tun.get(), TUNSETIFF, &request) != 0) return refused(place, tun_cure(errno));
  if (auto up = bring_up(place, request, mtu); !up) return std::unexpected(up.error());
  return Tap(place, tun.release());
}

Tap::Tap(Tap&& other) noexcept : place_(std::move(other.place_)), fd_(std::exchange(other.fd_, -1)) {}

Tap::~Tap() {
  if (fd_ >= 0) close(fd_);
}

std::optional<std::size_t> Tap::read(std::span<std::byte> room) const {
  const ssize_t octets = ::read(fd_, room.data(), room.size());
  if (octets <= 0) return std::nullopt;
  return static_cast<std::size_t>(octets);
}

bool Tap::write(std::span<const std::byte> frame) const {
  return ::write(fd_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

// The file follows the thread's namespace, which /sys does not.
std::optional<std::uint64_t> Tap::kernel_drops() const {
  constexpr int kSentDropped = 12;  // column behind the name
  const Stay stay(place_.space);
  if (stay.fault() != 0) return std::nullopt;
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || line.compare(begin, place_.interface.size() + 1, place_.interface + ":") != 0) {
      continue;
    }
    std::istringstream columns(line.substr(begin + place_.interface.size() + 1));
    std::uint64_t value = 0;
    for (int i = 0; i < kSentDropped; ++i) columns >> value;
    if (columns) return value;
  }
  return std::nullopt;
}

}  // namespace levelgate::testing
