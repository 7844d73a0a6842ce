// SPDX-License-Identifier: Apache-2.0
//
// A burst is finished within the call. Devices that work in the caller's thread get the packets where they lie. To the
// others each packet is copied, and back: a job's pointers may lead anywhere, while hardware reads only memory of DPDK
// whose address on the bus is known, and must find it in place even when an answer comes after we stopped waiting.
#include "dpdk/cryptodev.h"

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace levelgate::dpdk {
namespace {

constexpr std::uint64_t kPatiencePerSecond = 200;  // without any answer for 5 ms, a burst is given up

using esp::CipherJob;
using esp::Purpose;

// Nothing readable may leave with a packet that could not be sealed.
void refuse(CipherJob& job, Purpose purpose) {
  job.verdict = esp::CipherVerdict::kAuthFailed;
  if (purpose == Purpose::kOpen) return;
  std::memset(job.body, 0, job.body_octets);
  std::memset(job.tag, 0, esp::kTagOctets);
}

// The queue pair of one worker, with as many operations as a burst has jobs. One that the device never gave back is
// missing from then on: a silent device is waited for once, not in every burst.
class QueuePair {
 public:
  QueuePair(CryptoDevice& device, std::uint16_t number, const Operations& operations)
      : device_(device.id()), number_(number), patience_(rte_get_tsc_hz() / kPatiencePerSecond), idle_(operations) {}

  void run(std::span<CipherJob> jobs, Purpose purpose) noexcept;

 private:
  [[nodiscard]] rte_crypto_op* lay(CipherJob& job) noexcept;
  [[nodiscard]] std::size_t send(std::span<rte_crypto_op* const> burst, Purpose purpose) noexcept;
  [[nodiscard]] std::size_t collect(Purpose purpose) noexcept;
  void give_up(std::span<rte_crypto_op* const> burst, std::size_t sent, Purpose purpose) noexcept;
  void finish(rte_crypto_op& operation, Purpose purpose) noexcept;

  std::uint8_t device_;
  std::uint16_t number_;
  std::uint64_t patience_;  // in ticks
  Operations idle_;
  std::size_t idle_count_ = kMostJobs;
};

// A key on one device: a session for each length of the associated data, which DPDK wants to know beforehand.
class DeviceKey final : public esp::CipherKey {
 public:
  DeviceKey(std::shared_ptr<CryptoDevices> all, CryptoDevice& its_device, QueuePair* its_queue, Purpose its_purpose)
      : devices(std::move(all)), device(its_device), queue(its_queue), purpose(its_purpose) {}
  ~DeviceKey() override {
    if (unanswered) return;  // the device may still read them; they go when it does
    for (void* const session : sessions) {
      if (session != nullptr) device.free_session(session);
    }
  }
  DeviceKey(const DeviceKey&) = delete;
  DeviceKey& operator=(const DeviceKey&) = delete;

  [[nodiscard]] void* session_for(const CipherJob& job) const {
    for (std::size_t i = 0; i < kAadOctets.size(); ++i) {
      if (job.aad_octets == kAadOctets[i]) return sessions[i];
    }
    return nullptr;
  }

  std::shared_ptr<CryptoDevices> devices;
  CryptoDevice& device;
  QueuePair* queue;  // null: the device works in the call
  Purpose purpose;
  std::array<void*, kAadOctets.size()> sessions{};
  bool unanswered = false;
};

DeviceKey& key_of(const CipherJob& job) { return *static_cast<DeviceKey*>(job.key); }

void QueuePair::run(std::span<CipherJob> jobs, Purpose purpose) noexcept {
  (void)collect(purpose);  // what answers an earlier burst too late
  Operations burst;
  std::size_t count = 0;
  for (CipherJob& job : jobs) {
    rte_crypto_op* const operation = lay(job);
    if (operation == nullptr) {
      refuse(job, purpose);
    } else {
      burst[count++] = operation;
    }
  }
  const std::span<rte_crypto_op* const> laid(burst.data(), count);
  std::size_t sent = 0;
  std::size_t answered = 0;
  std::uint64_t deadline = rte_get_tsc_cycles() + patience_;
  while (answered < count) {
    const std::uint64_t now = rte_get_tsc_cycles();  // before asking: a pause of ours is not the device's
    const std::size_t taken = send(laid.subspan(sent), purpose);
    sent += taken;
    answered = 0;
    const std::size_t back = collect(purpose);
    for (rte_crypto_op* const operation : laid.first(sent)) answered += tail_of(*operation).job == nullptr ? 1 : 0;
    if (taken + back != 0) {
      deadline = now + patience_;
    } else if (now > deadline) {
      break;
    }
  }
  if (answered < count) give_up(laid, sent, purpose);
}

// The job as an operation; null when none is idle or the device could not do it.
rte_crypto_op* QueuePair::lay(CipherJob& job) noexcept {
  void* const session = key_of(job).session_for(job);
  if (session == nullptr || job.body_octets > kLargestBody || idle_count_ == 0) return nullptr;
  rte_crypto_op* const operation = idle_[--idle_count_];
  OperationTail& tail = tail_of(*operation);
  std::memcpy(tail.iv.data(), job.nonce.data(), job.nonce.size());
  std::memcpy(tail.aad.data(), job.aad.data(), job.aad.size());
  tail.job = &job;
  operation->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
  operation->sess_type = RTE_CRYPTO_OP_WITH_SESSION;
  rte_crypto_sym_op& symmetric = symmetric_of(*operation);
  rte_mbuf* const buffer = symmetric.m_src;
  buffer->data_len = static_cast<std::uint16_t>(job.body_octets + esp::kTagOctets);
  buffer->pkt_len = buffer->data_len;
  std::memcpy(rte_pktmbuf_mtod(buffer, std::byte*), job.body, job.body_octets);
  std::memcpy(rte_pktmbuf_mtod_offset(buffer, std::byte*, job.body_octets), job.tag, esp::kTagOctets);
  symmetric.m_dst = nullptr;
  symmetric.session = session;
  symmetric.aead.data.offset = 0;
  symmetric.aead.data.length = job.body_octets;
  symmetric.aead.digest.data = rte_pktmbuf_mtod_offset(buffer, std::uint8_t*, job.body_octets);
  symmetric.aead.digest.phys_addr = rte_pktmbuf_iova_offset(buffer, job.body_octets);
  symmetric.aead.aad.data = reinterpret_cast<std::uint8_t*>(tail.aad.data());
  const std::ptrdiff_t aad_at = symmetric.aead.aad.data - reinterpret_cast<std::uint8_t*>(operation);
  symmetric.aead.aad.phys_addr = rte_crypto_op_ctophys_offset(operation, static_cast<std::size_t>(aad_at));
  return operation;
}

// Returns how many are off our hands: taken by the device, or refused by it with a status.
std::size_t QueuePair::send(std::span<rte_crypto_op* const> burst, Purpose purpose) noexcept {
  if (burst.empty()) return 0;
  Operations copy;  // the library asks for pointers to non-const
  std::copy(burst.begin(), burst.end(), copy.begin());
  const std::uint16_t taken =
      rte_cryptodev_enqueue_burst(device_, number_, copy.data(), static_cast<std::uint16_t>(burst.size()));
  if (taken == burst.size() || burst[taken]->status == RTE_CRYPTO_OP_STATUS_NOT_PROCESSED) return taken;
  finish(*burst[taken], purpose);
  return taken + 1u;
}

std::size_t QueuePair::collect(Purpose purpose) noexcept {
  Operations back;
  const std::uint16_t count = rte_cryptodev_dequeue_burst(device_, number_, back.data(), kMostJobs);
  for (std::uint16_t i = 0; i < count; ++i) finish(*back[i], purpose);
  return count;
}

void QueuePair::finish(rte_crypto_op& operation, Purpose purpose) noexcept {
  idle_[idle_count_++] = &operation;
  CipherJob* const job = std::exchange(tail_of(operation).job, nullptr);
  if (job == nullptr) return;
  if (operation.status != RTE_CRYPTO_OP_STATUS_SUCCESS) {
    refuse(*job, purpose);
    return;
  }
  const rte_mbuf* const buffer = symmetric_of(operation).m_src;
  std::memcpy(job->body, rte_pktmbuf_mtod(buffer, const std::byte*), job->body_octets);
  if (purpose == Purpose::kSeal) {
    std::memcpy(job->tag, rte_pktmbuf_mtod_offset(buffer, const std::byte*, job->body_octets), esp::kTagOctets);
  }
  job->verdict = esp::CipherVerdict::kDone;
}

void QueuePair::give_up(std::span<rte_crypto_op* const> burst, std::size_t sent, Purpose purpose) noexcept {
  for (std::size_t i = 0; i < burst.size(); ++i) {
    CipherJob* const job = std::exchange(tail_of(*burst[i]).job, nullptr);
    if (job == nullptr) continue;
    refuse(*job, purpose);
    if (i < sent) {
      key_of(*job).unanswered = true;
    } else {
      idle_[idle_count_++] = burst[i];
    }
  }
}

// Bursts for devices that work in the call; all jobs of one session.
class DirectCalls {
 public:
  void run(std::uint8_t device, void* session, std::span<CipherJob> jobs, Purpose purpose) noexcept {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      CipherJob& job = jobs[i];
      bodies_[i] = {job.body, RTE_BAD_IOVA, job.body_octets, job.body_octets};
      lists_[i] = {&bodies_[i], 1};
      nonces_[i].va = job.nonce.data();
      aads_[i].va = job.aad.data();
      tags_[i].va = job.tag;
      status_[i] = EIO;  // what a device that fails as a whole leaves
    }
    rte_crypto_sym_vec burst{};
    burst.num = static_cast<std::uint32_t>(jobs.size());
    burst.src_sgl = lists_.data();
    burst.iv = nonces_.data();
    burst.digest = tags_.data();
    burst.aad = aads_.data();
    burst.status = status_.data();
    rte_crypto_sym_ofs whole{};
    whole.raw = 0;
    (void)rte_cryptodev_sym_cpu_crypto_process(device, session, whole, &burst);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (status_[i] == 0) {
        jobs[i].verdict = esp::CipherVerdict::kDone;
      } else {
        refuse(jobs[i], purpose);
      }
    }
  }

 private:
  std::array<rte_crypto_vec, kMostJobs> bodies_{};
  std::array<rte_crypto_sgl, kMostJobs> lists_{};
  std::array<rte_crypto_va_iova_ptr, kMostJobs> nonces_{}, aads_{}, tags_{};
  std::array<std::int32_t, kMostJobs> status_{};
};

class CryptodevCipher final : public esp::Cipher {
 public:
  explicit CryptodevCipher(std::shared_ptr<CryptoDevices> devices) : devices_(std::move(devices)) {}

  Result<void> take_queue_pairs(std::uint16_t number) {
    for (const auto& device : devices_->all()) {
      queues_.push_back(nullptr);
      if (device->works_in_call()) continue;
      auto operations = device->make_operations(number);
      if (!operations) return failure(operations.error().fault, "dataplane.crypto: " + operations.error().what);
      queues_.back() = std::make_unique<QueuePair>(*device, number, *operations);
    }
    return {};
  }

  Result<std::unique_ptr<esp::CipherKey>> prepare(EspCipher cipher, ConstBytes key, Purpose purpose) override {
    if (key.size() != key_octets(cipher)) return failure(Fault::kInternal, "cipher key of the wrong length");
    CryptoDevice* const device = devices_->serving(cipher);
    if (device == nullptr) {
      return failure(Fault::kDeviceMissing, "dataplane.crypto: no crypto device here does that cipher; take auto");
    }
    auto made = std::make_unique<DeviceKey>(devices_, *device, queue_of(*device), purpose);
    for (std::size_t i = 0; i < kAadOctets.size(); ++i) {
      made->sessions[i] = device->make_session(cipher, key, purpose, kAadOctets[i]);
      if (made->sessions[i] == nullptr) {
        return failure(Fault::kNoMemory, "dataplane.crypto: " + device->name() +
                                             " has no room for one more key; raise dataplane.memory, or take auto");
      }
    }
    return made;
  }

  void seal(std::span<CipherJob> jobs) noexcept override { run(jobs, Purpose::kSeal); }
  void open(std::span<CipherJob> jobs) noexcept override { run(jobs, Purpose::kOpen); }
  std::string_view name() const override { return "cryptodev"; }

 private:
  [[nodiscard]] QueuePair* queue_of(const CryptoDevice& device) const {
    const auto& all = devices_->all();
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.get() == &device; });
    return queues_[static_cast<std::size_t>(at - all.begin())].get();
  }

  // Neighbours that one call can take: the same queue pair, or the same session where the device works in the call.
  static bool together(const CipherJob& a, const CipherJob& b) {
    const DeviceKey& x = key_of(a);
    const DeviceKey& y = key_of(b);
    if (x.purpose != y.purpose || x.queue != y.queue) return false;
    return x.queue != nullptr || (&x == &y && a.aad_octets == b.aad_octets);
  }

  void run(std::span<CipherJob> jobs, Purpose purpose) noexcept {
    while (!jobs.empty()) {
      std::size_t count = 1;
      while (count < std::min(jobs.size(), kMostJobs) && together(jobs[0], jobs[count])) ++count;
      run_together(jobs.first(count), purpose);
      jobs = jobs.subspan(count);
    }
  }

  void run_together(std::span<CipherJob> jobs, Purpose purpose) noexcept {
    const DeviceKey& key = key_of(jobs.front());
    void* const session = key.session_for(jobs.front());
    if (key.purpose != purpose || (key.queue == nullptr && session == nullptr)) {
      for (CipherJob& job : jobs) refuse(job, purpose);
    } else if (key.queue != nullptr) {
      key.queue->run(jobs, purpose);
    } else {
      calls_.run(key.device.id(), session, jobs, purpose);
    }
  }

  std::shared_ptr<CryptoDevices> devices_;
  std::vector<std::unique_ptr<QueuePair>> queues_;  // in the order of the devices
  DirectCalls calls_;
};

}  // namespace

Result<std::vector<std::unique_ptr<esp::Cipher>>> make_cryptodev_ciphers(const CryptoSettings& settings) {
  auto devices = CryptoDevices::open(settings);
  if (!devices) return std::unexpected(devices.error());
  std::vector<std::unique_ptr<esp::Cipher>> ciphers;
  for (std::uint16_t worker = 0; worker < settings.workers; ++worker) {
    auto cipher = std::make_unique<CryptodevCipher>(*devices);
    if (auto taken = cipher->take_queue_pairs(worker); !taken) return std::unexpected(taken.error());
    ciphers.push_back(std::move(cipher));
  }
  return ciphers;
}

}  // namespace levelgate::dpdk
