// SPDX-License-Identifier: Apache-2.0
//
// Jobs run elsewhere, and their outcome comes home to the loop's thread.
#include "sockets/jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace levelgate::sockets::jobs_test {
namespace {

TEST(Jobs, WorkRunsOnAHelperAndItsOutcomeOnTheLoop) {
  EventLoop loop;
  Jobs jobs(loop, 2, 64);
  const auto home = std::this_thread::get_id();
  std::vector<int> squares;
  for (int i = 0; i < 20; ++i) {
    auto input = std::make_unique<int>(i);  // a job owns what it needs, also what cannot be copied
    ASSERT_TRUE(jobs.run([&, home, input = std::move(input)]() -> Jobs::Done {
      const bool elsewhere = std::this_thread::get_id() != home;
      return [&, home, elsewhere, outcome = std::make_unique<int>(*input * *input)] {
        EXPECT_TRUE(elsewhere);
        EXPECT_EQ(std::this_thread::get_id(), home);
        squares.push_back(*outcome);
        if (squares.size() == 20) loop.stop();
      };
    }));
  }
  loop.run();
  std::sort(squares.begin(), squares.end());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(squares[static_cast<std::size_t>(i)], i * i);
}

// One thread that is held up, room for two: the fourth is refused.
TEST(Jobs, TooManyAreRefusedAndThereIsRoomAgainLater) {
  EventLoop loop;
  std::promise<void> started, go;
  Jobs jobs(loop, 1, 2);
  int done = 0;
  const auto count = [&]() -> Jobs::Done {
    return [&] {
      if (++done == 3) loop.stop();
    };
  };
  ASSERT_TRUE(jobs.run([&]() -> Jobs::Done {
    started.set_value();
    go.get_future().wait();
    return count();
  }));
  started.get_future().wait();
  EXPECT_TRUE(jobs.run(count));
  EXPECT_TRUE(jobs.run(count));
  EXPECT_FALSE(jobs.run(count));
  go.set_value();
  loop.run();
  EXPECT_EQ(done, 3);
  EXPECT_TRUE(jobs.run([]() -> Jobs::Done { return {}; })) << "no outcome is no fault";
}

// What waits is dropped first: here that lets the running job go on, so that the end comes at all.
TEST(Jobs, TheEndWaitsForWhatRunsAndDropsTheRest) {
  EventLoop loop;
  std::promise<void> started, go;
  bool ran = false, waiting_ran = false, home = false;
  auto jobs = std::make_unique<Jobs>(loop, 1, 8);
  ASSERT_TRUE(jobs->run([&]() -> Jobs::Done {
    started.set_value();
    go.get_future().wait();
    ran = true;
    return [&] { home = true; };
  }));
  started.get_future().wait();
  struct Opener {
    std::promise<void>* gate;
    void operator()(int* nothing) const {
      delete nothing;
      gate->set_value();
    }
  };
  ASSERT_TRUE(jobs->run([&, dropped = std::unique_ptr<int, Opener>(new int, Opener{&go})]() -> Jobs::Done {
    waiting_ran = true;
    return {};
  }));
  jobs.reset();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(waiting_ran);
  loop.every(std::chrono::milliseconds(1), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(home) << "the owner of the outcome may be gone";
}

}  // namespace
}  // namespace levelgate::sockets::jobs_test
