// SPDX-License-Identifier: Apache-2.0
//
// Devices that are there already (hardware that EAL found) come first; software devices are plugged in for the rest.
// Sessions come in chunks, since nobody says beforehand how many SAs there will be.
#include "dpdk/crypto_devices.h"

#include <rte_bus.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>

namespace levelgate::dpdk {
namespace {

constexpr std::uint32_t kSessionsInChunk = 128;
constexpr std::uint32_t kDescriptors = 256;  // hardware asks for more than the 64 that are ever in use
constexpr std::uint16_t kTailOffset = sizeof(rte_crypto_op) + sizeof(rte_crypto_sym_op);
static_assert(kTailOffset % alignof(OperationTail) == 0);
constexpr std::array kCiphers{EspCipher::kAes128Gcm16, EspCipher::kAes256Gcm16, EspCipher::kChaCha20Poly1305};

rte_crypto_aead_algorithm algorithm_of(EspCipher cipher) {
  return cipher == EspCipher::kChaCha20Poly1305 ? RTE_CRYPTO_AEAD_CHACHA20_POLY1305 : RTE_CRYPTO_AEAD_AES_GCM;
}

rte_cryptodev_info info_of(std::uint8_t id) {
  rte_cryptodev_info told{};
  rte_cryptodev_info_get(id, &told);
  return told;
}

// Pools have names, and no two may have the same.
std::string pool_name(const char* kind, std::uint8_t device, std::size_t number) {
  return std::string("lg_") + kind + std::to_string(device) + "_" + std::to_string(number);
}

}  // namespace

OperationTail& tail_of(rte_crypto_op& operation) {
  return *rte_crypto_op_ctod_offset(&operation, OperationTail*, kTailOffset);
}

// The library's own member for it is an array of no elements, about which compilers complain.
rte_crypto_sym_op& symmetric_of(rte_crypto_op& operation) {
  return *rte_crypto_op_ctod_offset(&operation, rte_crypto_sym_op*, sizeof(rte_crypto_op));
}

CryptoDevice::~CryptoDevice() {
  // What the device may still be working on goes only after it has been stopped.
  if (started_) rte_cryptodev_stop(id_);
  if (!vdev_.empty()) {
    (void)rte_cryptodev_close(id_);
    (void)rte_eal_hotplug_remove("vdev", vdev_.c_str());
  }
  for (rte_mempool* const pool : sessions_) rte_mempool_free(pool);
  for (rte_mempool* const pool : operations_) rte_mempool_free(pool);
}

std::string CryptoDevice::name() const { return rte_cryptodev_name_get(id_); }

bool CryptoDevice::works_in_call() const { return (info_of(id_).feature_flags & RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO) != 0; }

bool CryptoDevice::serves(EspCipher cipher) const {
  rte_cryptodev_sym_capability_idx wanted{};
  wanted.type = RTE_CRYPTO_SYM_XFORM_AEAD;
  wanted.algo.aead = algorithm_of(cipher);
  const rte_cryptodev_symmetric_capability* const can = rte_cryptodev_sym_capability_get(id_, &wanted);
  const auto with = [&](std::uint16_t aad) {
    return rte_cryptodev_sym_capability_check_aead(can, static_cast<std::uint16_t>(key_octets(cipher)), esp::kTagOctets,
                                                   aad, esp::kNonceOctets) == 0;
  };
  return can != nullptr && std::all_of(kAadOctets.begin(), kAadOctets.end(), with);
}

Result<void> CryptoDevice::start(std::uint16_t workers) {
  const unsigned most = info_of(id_).max_nb_queue_pairs;
  if (most < workers) {
    return failure(Fault::kDeviceMissing, name() + " has " + std::to_string(most) +
                                              " queue pairs; dataplane.workers asks for " + std::to_string(workers));
  }
  rte_cryptodev_config configuration{};
  configuration.socket_id = SOCKET_ID_ANY;
  configuration.nb_queue_pairs = workers;
  configuration.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY;
  if (rte_cryptodev_configure(id_, &configuration) != 0) {
    return failure(Fault::kIo, name() + " refused its configuration");
  }
  rte_cryptodev_qp_conf queue{};
  queue.nb_descriptors = kDescriptors;
  for (std::uint16_t number = 0; number < workers; ++number) {
    if (rte_cryptodev_queue_pair_setup(id_, number, &queue, SOCKET_ID_ANY) != 0) {
      return failure(Fault::kNoMemory, "queue pairs of " + name() + " could not be made: raise dataplane.memory");
    }
  }
  if (rte_cryptodev_start(id_) != 0) return failure(Fault::kIo, name() + " did not start");
  started_ = true;
  return {};
}

rte_mempool* CryptoDevice::pool_with_room() {
  for (rte_mempool* const pool : sessions_) {
    if (rte_mempool_avail_count(pool) != 0) return pool;
  }
  rte_mempool* const pool =
      rte_cryptodev_sym_session_pool_create(pool_name("key", id_, sessions_.size()).c_str(), kSessionsInChunk,
                                            rte_cryptodev_sym_get_private_session_size(id_), 0, 0, SOCKET_ID_ANY);
  if (pool != nullptr) sessions_.push_back(pool);
  return pool;
}

void* CryptoDevice::make_session(EspCipher cipher, ConstBytes key, esp::Purpose purpose, std::uint8_t aad_octets) {
  rte_crypto_sym_xform form{};
  form.type = RTE_CRYPTO_SYM_XFORM_AEAD;
  form.aead.op = purpose == esp::Purpose::kSeal ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
  form.aead.algo = algorithm_of(cipher);
  form.aead.key.data = reinterpret_cast<const std::uint8_t*>(key.data());
  form.aead.key.length = static_cast<std::uint16_t>(key.size());
  form.aead.iv.offset = kTailOffset + offsetof(OperationTail, iv);
  form.aead.iv.length = esp::kNonceOctets;
  form.aead.digest_length = esp::kTagOctets;
  form.aead.aad_length = aad_octets;
  rte_mempool* const pool = pool_with_room();
  return pool == nullptr ? nullptr : rte_cryptodev_sym_session_create(id_, &form, pool);
}

// The library zeroes the session.
void CryptoDevice::free_session(void* session) { (void)rte_cryptodev_sym_session_free(id_, session); }

Result<Operations> CryptoDevice::make_operations(std::uint16_t queue) {
  const auto told = info_of(id_);
  const unsigned room = std::max<unsigned>(told.min_mbuf_headroom_req, RTE_PKTMBUF_HEADROOM) + kLargestBody +
                        static_cast<unsigned>(esp::kTagOctets) + told.min_mbuf_tailroom_req;
  rte_mempool* const buffers = rte_pktmbuf_pool_create(pool_name("body", id_, queue).c_str(), kMostJobs, 0, 0,
                                                       static_cast<std::uint16_t>(room), SOCKET_ID_ANY);
  if (buffers != nullptr) operations_.push_back(buffers);
  rte_mempool* const pool = rte_crypto_op_pool_create(pool_name("op", id_, queue).c_str(), RTE_CRYPTO_OP_TYPE_SYMMETRIC,
                                                      kMostJobs, 0, sizeof(OperationTail), SOCKET_ID_ANY);
  if (pool != nullptr) operations_.push_back(pool);
  Operations made{};
  std::array<rte_mbuf*, kMostJobs> bodies{};
  if (buffers == nullptr || pool == nullptr || rte_pktmbuf_alloc_bulk(buffers, bodies.data(), kMostJobs) != 0 ||
      rte_crypto_op_bulk_alloc(pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC, made.data(), kMostJobs) == 0) {
    return failure(Fault::kNoMemory, "no memory for the buffers of " + name() + ": raise dataplane.memory");
  }
  for (std::size_t i = 0; i < kMostJobs; ++i) {
    symmetric_of(*made[i]).m_src = bodies[i];
    tail_of(*made[i]) = {};
  }
  return made;
}

Result<std::shared_ptr<CryptoDevices>> CryptoDevices::open(const CryptoSettings& settings) {
  std::shared_ptr<CryptoDevices> devices(new CryptoDevices());
  for (const EspCipher cipher : kCiphers) {
    if (devices->serving(cipher) == nullptr) devices->find_existing(cipher, settings.workers);
    if (devices->serving(cipher) == nullptr) devices->make_software(cipher, settings);
  }
  if (devices->devices_.empty()) {
    const std::string why = devices->fault_.empty() ? "" : " (" + devices->fault_ + ")";
    return failure(Fault::kDeviceMissing,
                   "dataplane.crypto: no crypto device for the ciphers of ESP" + why + "; take auto");
  }
  return devices;
}

CryptoDevice* CryptoDevices::serving(EspCipher cipher) const {
  for (const auto& device : devices_) {
    if (device->serves(cipher)) return device.get();
  }
  return nullptr;
}

void CryptoDevices::find_existing(EspCipher cipher, std::uint16_t workers) {
  for (std::uint8_t id = 0; id < RTE_CRYPTO_MAX_DEVS && serving(cipher) == nullptr; ++id) {
    // One that has queue pairs is in use by somebody.
    if (rte_cryptodev_is_valid_dev(id) == 0 || rte_cryptodev_queue_pair_count(id) != 0) continue;
    adopt(std::make_unique<CryptoDevice>(id, ""), cipher, workers);
  }
}

void CryptoDevices::make_software(EspCipher cipher, const CryptoSettings& settings) {
  const std::string arguments = "max_nb_queue_pairs=" + std::to_string(settings.workers);
  for (const std::string& driver : settings.software) {
    std::string name;
    for (int number = 0; name.empty() || rte_cryptodev_get_dev_id(name.c_str()) >= 0; ++number) {
      name = driver + "_lg" + std::to_string(number);
    }
    if (rte_eal_hotplug_add("vdev", name.c_str(), arguments.c_str()) != 0) {
      fault_ = driver + " could not be made";
      continue;
    }
    const int id = rte_cryptodev_get_dev_id(name.c_str());
    if (id < 0) {
      (void)rte_eal_hotplug_remove("vdev", name.c_str());
      continue;
    }
    adopt(std::make_unique<CryptoDevice>(static_cast<std::uint8_t>(id), name), cipher, settings.workers);
    if (serving(cipher) != nullptr) return;
  }
}

// A device that is of no use goes again.
void CryptoDevices::adopt(std::unique_ptr<CryptoDevice> device, EspCipher cipher, std::uint16_t workers) {
  if (!device->serves(cipher)) return;
  if (const auto started = device->start(workers); started) {
    devices_.push_back(std::move(device));
  } else {
    fault_ = started.error().what;
  }
}

}  // namespace levelgate::dpdk
