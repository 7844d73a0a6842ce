// SPDX-License-Identifier: Apache-2.0
//
// The crypto devices that serve a gateway: found or made, started with one queue pair for each worker, and the sessions
// on them, which is DPDK's word for an expanded key.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "esp/cipher.h"

struct rte_crypto_op;
struct rte_crypto_sym_op;
struct rte_mempool;

namespace levelgate::dpdk {

inline constexpr std::size_t kMostJobs = 64;                                // of one burst, and at a device at once
inline constexpr std::uint32_t kLargestBody = 9'600;                        // what a device's own buffer takes
inline constexpr std::array kAadOctets{std::uint8_t{8}, std::uint8_t{12}};  // without ESN and with

// What stands behind each operation: what the device reads, and whose operation it is.
struct OperationTail {
  std::array<std::byte, 16> iv;
  std::array<std::byte, 16> aad;
  esp::CipherJob* job;  // null: nobody waits for it any more
};
[[nodiscard]] OperationTail& tail_of(rte_crypto_op& operation);
[[nodiscard]] rte_crypto_sym_op& symmetric_of(rte_crypto_op& operation);
using Operations = std::array<rte_crypto_op*, kMostJobs>;

// Thread: control.
class CryptoDevice {
 public:
  // `vdev`: the name of a software device to unplug in the end; empty for hardware.
  CryptoDevice(std::uint8_t id, std::string vdev) : id_(id), vdev_(std::move(vdev)) {}
  ~CryptoDevice();
  CryptoDevice(const CryptoDevice&) = delete;
  CryptoDevice& operator=(const CryptoDevice&) = delete;

  [[nodiscard]] std::uint8_t id() const { return id_; }
  [[nodiscard]] std::string name() const;
  // It works within the caller's own call; no queue, and any memory will do.
  [[nodiscard]] bool works_in_call() const;
  [[nodiscard]] bool serves(EspCipher cipher) const;
  [[nodiscard]] Result<void> start(std::uint16_t workers);
  // Null when the device refuses.
  [[nodiscard]] void* make_session(EspCipher cipher, ConstBytes key, esp::Purpose purpose, std::uint8_t aad_octets);
  void free_session(void* session);
  // Operations for one queue pair, each with a buffer of its own. They stay the device's: it may be working on one.
  [[nodiscard]] Result<Operations> make_operations(std::uint16_t queue);

 private:
  [[nodiscard]] rte_mempool* pool_with_room();

  std::uint8_t id_;
  std::string vdev_;
  bool started_ = false;
  std::vector<rte_mempool*> sessions_;
  std::vector<rte_mempool*> operations_;
};

struct CryptoSettings {
  std::uint16_t workers = 1;
  // Drivers of software devices, the preferred one first, for what no device that is there already can do.
  std::vector<std::string> software{"crypto_aesni_gcm", "crypto_aesni_mb", "crypto_openssl"};
};

// Thread: control. Goes after the last cipher and key on it.
class CryptoDevices {
 public:
  // Errors name dataplane.crypto.
  [[nodiscard]] static Result<std::shared_ptr<CryptoDevices>> open(const CryptoSettings& settings);

  // Null when no device does that cipher.
  [[nodiscard]] CryptoDevice* serving(EspCipher cipher) const;
  [[nodiscard]] const std::vector<std::unique_ptr<CryptoDevice>>& all() const { return devices_; }

 private:
  CryptoDevices() = default;
  void find_existing(EspCipher cipher, std::uint16_t workers);
  void make_software(EspCipher cipher, const CryptoSettings& settings);
  void adopt(std::unique_ptr<CryptoDevice> device, EspCipher cipher, std::uint16_t workers);

  std::vector<std::unique_ptr<CryptoDevice>> devices_;
  std::string fault_;  // why the last device could not be used
};

}  // namespace levelgate::dpdk
