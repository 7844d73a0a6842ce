// SPDX-License-Identifier: Apache-2.0
//
// There by a queue of the room where threads meet, back by a post to the loop.
#include "sockets/jobs.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "handover/job_queue.h"

namespace levelgate::sockets {

struct Jobs::Parts {
  Parts(EventLoop& loop, std::size_t waiting) : context(loop.context()), queue(waiting) {}

  boost::asio::io_context& context;
  handover::JobQueue<Work> queue;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // read and written by the control thread alone
  std::vector<std::thread> threads;

  // On a helper thread. What the work owns is gone before its outcome travels.
  void serve() {
    for (;;) {
      std::optional<Work> work = queue.pop();
      if (!work) return;
      Done done = (*work)();
      work.reset();
      if (!done) continue;
      boost::asio::post(context, [still = alive, call = std::move(done)]() mutable {
        if (*still) call();
      });
    }
  }
};

Jobs::Jobs(EventLoop& loop, std::size_t threads, std::size_t waiting) : parts_(std::make_unique<Parts>(loop, waiting)) {
  for (std::size_t i = 0; i < threads; ++i) parts_->threads.emplace_back([this] { parts_->serve(); });
}

Jobs::~Jobs() {
  *parts_->alive = false;
  parts_->queue.close();
  for (std::thread& thread : parts_->threads) thread.join();
}

bool Jobs::run(Work work) { return parts_->queue.push(std::move(work)); }

}  // namespace levelgate::sockets
