// SPDX-License-Identifier: Apache-2.0
//
// Looks at the path before a server binds it, and sets its rights afterwards.
#include "api/socket_file.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace levelgate::api {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

std::string place(const std::string& path) { return "management.api.socket " + path; }

Fault fault_of(int error) {
  if (error == EACCES || error == EPERM) return Fault::kNotPermitted;
  const bool wrong_place = error == ENOENT || error == ENOTDIR || error == EROFS;
  return wrong_place ? Fault::kNotFound : Fault::kIo;
}

Result<void> make_folder(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || fs::exists(folder, error)) return {};
  if (fs::create_directory(folder, error) || !error) return {};
  return failure(fault_of(error.value()), place(path) + ": cannot make its folder: " + error.message());
}

bool somebody_listens(const std::string& path) {
  asio::io_context context;
  asio::local::stream_protocol::socket probe(context);
  boost::system::error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  // A full backlog or a missing right is a living listener as well.
  return error != asio::error::connection_refused && error != boost::system::errc::no_such_file_or_directory;
}

}  // namespace

Result<void> clear_socket_path(const std::string& path) {
  // What sockaddr_un holds, with the final zero.
  constexpr std::size_t kLongest = 107;
  if (path.size() > kLongest) {
    return failure(Fault::kBadInput, place(path) + ": longer than " + std::to_string(kLongest) + " characters");
  }
  if (auto made = make_folder(path); !made) return made;
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return failure(fault_of(errno), place(path) + ": " + std::strerror(errno));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return failure(Fault::kAddressInUse,
                   place(path) + ": a file that is no socket is there; remove it or choose another");
  }
  if (somebody_listens(path)) {
    return failure(Fault::kAddressInUse,
                   place(path) + ": address in use: another process serves it; stop it or choose another path");
  }
  if (unlink(path.c_str()) != 0) return failure(fault_of(errno), place(path) + ": " + std::strerror(errno));
  return {};
}

Result<void> set_socket_rights(const std::string& path, const std::string& group) {
  if (chmod(path.c_str(), 0660) != 0) return failure(fault_of(errno), place(path) + ": " + std::strerror(errno));
  if (group.empty()) return {};
  const ::group* found = getgrnam(group.c_str());
  if (found == nullptr) return failure(Fault::kNotFound, "management.api.group: there is no group \"" + group + "\"");
  if (chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
    return failure(fault_of(errno), "management.api.group " + group + ": " + std::strerror(errno));
  }
  return {};
}

}  // namespace levelgate::api
