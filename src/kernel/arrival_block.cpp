// SPDX-License-Identifier: Apache-2.0
//
// Speaks nf_tables over netlink itself (docs/decisions/0010): no program to find, no text to parse, one transaction.
#include "kernel/arrival_block.h"

#include <levelgate/base/bytes.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace levelgate::kernel {
namespace {

// From linux/netfilter.h, which does not go together with the C library's headers.
constexpr std::uint8_t kNetdevFamily = 5;
constexpr std::uint32_t kFirstHook = 0;  // of that family: where frames come in
constexpr std::uint32_t kVerdictDrop = 0;
constexpr timeval kPatience{2, 0};

struct SocketDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
struct MessageDeleter {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, MessageDeleter>;

// Letters, digits and underscores only: what nftables' own tools take as a name.
std::string table_of(const std::string& interface) {
  std::string name = "levelgate_" + interface;
  for (char& c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) c = '_';
  }
  return name;
}

void put_be32(nl_msg* message, int attribute, std::uint32_t value) {
  std::array<std::byte, 4> octets;
  store_be(octets.data(), value);
  nla_put(message, attribute, octets.size(), octets.data());
}

// Messages that the kernel carries out together or not at all.
class Transaction {
 public:
  Transaction() { add_edge(NFNL_MSG_BATCH_BEGIN); }

  void new_table(const std::string& table) {
    const Message message = start(NFT_MSG_NEWTABLE, NLM_F_CREATE);
    nla_put_string(message.get(), NFTA_TABLE_NAME, table.c_str());
    add(message);
  }

  void delete_table(const std::string& table) {
    const Message message = start(NFT_MSG_DELTABLE, 0);
    nla_put_string(message.get(), NFTA_TABLE_NAME, table.c_str());
    add(message);
  }

  void new_dropping_chain(const std::string& table, const std::string& interface) {
    const Message message = start(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    nla_put_string(message.get(), NFTA_CHAIN_TABLE, table.c_str());
    nla_put_string(message.get(), NFTA_CHAIN_NAME, "arrivals");
    nlattr* const hook = nla_nest_start(message.get(), NFTA_CHAIN_HOOK | NLA_F_NESTED);
    put_be32(message.get(), NFTA_HOOK_HOOKNUM, kFirstHook);
    put_be32(message.get(), NFTA_HOOK_PRIORITY, 0);
    nla_put_string(message.get(), NFTA_HOOK_DEV, interface.c_str());
    nla_nest_end(message.get(), hook);
    put_be32(message.get(), NFTA_CHAIN_POLICY, kVerdictDrop);
    nla_put_string(message.get(), NFTA_CHAIN_TYPE, "filter");
    add(message);
  }

  // 0, or an errno.
  int commit() {
    add_edge(NFNL_MSG_BATCH_END);
    const std::unique_ptr<nl_sock, SocketDeleter> socket(nl_socket_alloc());
    if (!socket) return ENOMEM;
    if (const int fault = nl_connect(socket.get(), NETLINK_NETFILTER); fault != 0) return EPROTONOSUPPORT;
    (void)::setsockopt(nl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    if (nl_sendto(socket.get(), batch_.data(), batch_.size()) < 0) return EIO;
    return answer(socket.get());
  }

 private:
  Message start(int type, int flags) {
    Message message(nlmsg_alloc_simple((NFNL_SUBSYS_NFTABLES << 8) | type, NLM_F_REQUEST | NLM_F_ACK | flags));
    const nfgenmsg family{kNetdevFamily, NFNETLINK_V0, 0};
    nlmsg_append(message.get(), const_cast<nfgenmsg*>(&family), sizeof family, NLMSG_ALIGNTO);
    return message;
  }

  void add_edge(int type) {
    const Message message(nlmsg_alloc_simple(type, NLM_F_REQUEST));
    nfgenmsg subsystem{AF_UNSPEC, NFNETLINK_V0, 0};
    std::array<std::byte, 2> number;
    store_be<std::uint16_t>(number.data(), NFNL_SUBSYS_NFTABLES);
    std::memcpy(&subsystem.res_id, number.data(), number.size());
    nlmsg_append(message.get(), &subsystem, sizeof subsystem, NLMSG_ALIGNTO);
    append(message);
  }

  void add(const Message& message) {
    append(message);
    ++questions_;
  }

  void append(const Message& message) {
    nlmsghdr* const header = nlmsg_hdr(message.get());
    header->nlmsg_seq = ++sequence_;
    const std::size_t at = batch_.size();
    batch_.resize(at + NLMSG_ALIGN(header->nlmsg_len));
    std::memcpy(batch_.data() + at, header, header->nlmsg_len);
  }

  // Each question is answered once, unless the whole batch is refused.
  int answer(nl_sock* socket) const {
    for (std::size_t answered = 0; answered < questions_;) {
      sockaddr_nl from{};
      unsigned char* octets = nullptr;
      const int length = nl_recv(socket, &from, &octets, nullptr);
      if (length <= 0) return ETIMEDOUT;
      int fault = 0;
      int rest = length;
      for (auto* header = static_cast<nlmsghdr*>(static_cast<void*>(octets)); nlmsg_ok(header, rest) && fault == 0;
           header = nlmsg_next(header, &rest)) {
        if (header->nlmsg_type != NLMSG_ERROR) continue;
        fault = -static_cast<nlmsgerr*>(nlmsg_data(header))->error;
        ++answered;
      }
      std::free(octets);
      if (fault != 0) return fault;
    }
    return 0;
  }

  std::vector<std::byte> batch_;
  std::uint32_t sequence_ = 0;
  std::size_t questions_ = 0;
};

std::unexpected<Error> refused(const std::string& interface, int fault) {
  const std::string what = "arriving frames of \"" + interface + "\" cannot be kept from the kernel, ";
  if (fault == EPERM) return failure(Fault::kNotPermitted, what + "CAP_NET_ADMIN is missing");
  if (fault == EOPNOTSUPP || fault == EPROTONOSUPPORT || fault == EINVAL) {
    return failure(Fault::kDeviceMissing,
                   what + "the running kernel lacks nf_tables for network devices (CONFIG_NF_TABLES_NETDEV)");
  }
  return failure(Fault::kIo, what + "netfilter says: " + std::strerror(fault));
}

}  // namespace

Result<void> block_arrivals(const std::string& interface) {
  const std::string table = table_of(interface);
  Transaction change;
  change.new_table(table);  // so that there is one to delete
  change.delete_table(table);
  change.new_table(table);
  change.new_dropping_chain(table, interface);
  if (const int fault = change.commit(); fault != 0) return refused(interface, fault);
  return {};
}

Result<void> lift_block(const std::string& interface) {
  Transaction change;
  change.delete_table(table_of(interface));
  const int fault = change.commit();
  if (fault != 0 && fault != ENOENT) return refused(interface, fault);
  return {};
}

}  // namespace levelgate::kernel
