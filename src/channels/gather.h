// Gather: asks every core the same question and brings the answers together on one core, by posts
// alone.
//
// Where a post to a core follows another of the same thread, it is handled after it: so the answers
// also prove that each core has handled what this thread posted to it before.
//
// Threading: any thread; `ask` runs on each core, `done` on `to`.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "channels/shard.h"

namespace offing::channels {

using Shards = std::vector<std::unique_ptr<Shard>>;

// Runs `task` at once if `here` is the shard of the calling thread, otherwise posts it.
template <class Task>
void RunOn(Shard& shard, const Shard* here, Task task) {
  if (&shard == here) {
    task();
  } else {
    shard.core.Post(std::move(task));
  }
}

// `here`: the shard whose thread calls, nullptr for any other thread. The answers come in no order.
template <class Answer>
void Gather(const Shards& shards, const Shard* here, Shard& to, std::function<Answer(Shard&)> ask,
            std::function<void(std::vector<Answer>)> done) {
  struct Collected {  // touched on `to` only
    size_t missing;
    std::vector<Answer> answers;
    std::function<void(std::vector<Answer>)> done;
  };
  auto collected =
      std::make_shared<Collected>(shards.size(), std::vector<Answer>{}, std::move(done));
  for (const std::unique_ptr<Shard>& each : shards) {
    RunOn(*each, here, [shard = each.get(), &to, ask, collected] {
      RunOn(to, shard, [collected, answer = ask(*shard)]() mutable {
        collected->answers.push_back(std::move(answer));
        if (--collected->missing == 0) collected->done(std::move(collected->answers));
      });
    });
  }
}

}  // namespace offing::channels
