// SPDX-License-Identifier: Apache-2.0
//
// Arguments for rte_eal_init, and its words translated into one line with a cure.
#include "dpdk/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_version.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <vector>

namespace levelgate::dpdk {

// A C stream whose lines go to the sink.
struct Eal::LogStream {
  LogSink sink;
  std::string rest;
  std::string last_error;
  FILE* stream = nullptr;

  static ssize_t write(void* cookie, const char* text, std::size_t octets) {
    auto* const self = static_cast<LogStream*>(cookie);
    self->rest.append(text, octets);
    for (std::size_t end; (end = self->rest.find('\n')) != std::string::npos; self->rest.erase(0, end + 1)) {
      const std::string_view line = std::string_view(self->rest).substr(0, end);
      const bool fault = rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_ERR);
      if (!line.empty() && self->sink) self->sink(fault ? Word::kFault : Word::kUsual, line);
      if (line.starts_with("EAL: ")) self->last_error = line;
    }
    return static_cast<ssize_t>(octets);
  }

  explicit LogStream(LogSink to) : sink(std::move(to)) {
    cookie_io_functions_t functions{};
    functions.write = &LogStream::write;
    stream = ::fopencookie(this, "w", functions);
    if (stream != nullptr) std::setvbuf(stream, nullptr, _IOLBF, 0);
  }
  ~LogStream() {
    if (stream != nullptr) std::fclose(stream);
  }
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;
};

namespace {

std::uint64_t free_huge_octets() {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  std::uint64_t pages = 0;
  file >> pages;
  return pages << 21;
}

std::vector<std::string> arguments(const EalSettings& settings) {
  std::vector<std::string> list{"levelgated", "--no-telemetry", "--iova-mode=va"};
  if (!settings.pci) list.push_back("--no-pci");
  if (settings.no_huge) {
    // Without huge pages EAL takes its memory at once, and --in-memory is not for that.
    list.insert(list.end(), {"--no-huge", "--no-shconf", "-m", std::to_string(settings.memory_octets >> 20)});
    list.push_back("--file-prefix=levelgate" + std::to_string(::getpid()));
  } else {
    list.push_back("--in-memory");
    list.push_back("--socket-limit=" + std::to_string(settings.memory_octets >> 20));
  }
  // One EAL thread only: the control thread. Workers are threads of our own that register themselves.
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  const std::string where =
      settings.main_core ? std::to_string(*settings.main_core) : "(0-" + std::to_string(cores - 1) + ")";
  list.push_back("--lcores=0@" + where);
  return list;
}

// EAL makes a folder below /run/dpdk for its file prefix and leaves it behind. Ours bears this process's number; the
// one that --in-memory uses may be shared and stays.
std::string own_folder(const EalSettings& settings) { return settings.no_huge ? rte_eal_get_runtime_dir() : ""; }

void remove_folder(const std::string& folder) {
  if (!folder.empty()) (void)::rmdir(folder.c_str());  // only when it is empty
}

}  // namespace

Eal::Eal(std::unique_ptr<LogStream> stream, std::string own_folder)
    : stream_(std::move(stream)), own_folder_(std::move(own_folder)) {}

Eal::~Eal() {
  rte_eal_cleanup();
  remove_folder(own_folder_);
  rte_openlog_stream(nullptr);
}

Result<std::unique_ptr<Eal>> Eal::start(const EalSettings& settings, LogSink sink) {
  constexpr std::uint64_t kLeastHuge = 208ULL << 20;  // route tables, and buffers for two small ports
  if (const std::uint64_t there = free_huge_octets(); !settings.no_huge && there < kLeastHuge) {
    return failure(Fault::kNoMemory,
                   "dataplane.memory: " + std::to_string(there >> 21) + " huge pages of 2 MiB are free, at least " +
                       std::to_string(kLeastHuge >> 21) +
                       " are needed: reserve more (echo 256 > /proc/sys/vm/nr_hugepages), or set it to none");
  }
  auto stream = std::make_unique<LogStream>(std::move(sink));
  if (stream->stream != nullptr) rte_openlog_stream(stream->stream);
  std::vector<std::string> text = arguments(settings);
  std::vector<char*> argv;
  for (std::string& argument : text) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (rte_eal_init(static_cast<int>(text.size()), argv.data()) < 0) {
    const int fault = rte_errno;
    const std::string said = stream->last_error;
    remove_folder(own_folder(settings));
    rte_openlog_stream(nullptr);
    if (fault == EACCES || fault == EPERM) {
      return failure(Fault::kNotPermitted,
                     "DPDK may not start here: run as root, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_IPC_LOCK");
    }
    return failure(fault == ENOMEM ? Fault::kNoMemory : Fault::kDeviceMissing,
                   "DPDK did not start (" + (said.empty() ? std::string(rte_strerror(fault)) : said) +
                       "); see dataplane.memory and dataplane.main-core");
  }
  return std::unique_ptr<Eal>(new Eal(std::move(stream), own_folder(settings)));
}

std::string Eal::version() { return rte_version(); }

}  // namespace levelgate::dpdk
