#include "auth/answers.h"

#include <utility>

namespace offing::auth {

Answers::Answers(Limits limits, const base::Clock& clock, base::Metrics& metrics)
    : limits_(limits),
      clock_(clock),
      hits_(metrics.AddCounter("offing_auth_answers_used_total",
                               "Requests whose user was known from an earlier answer.")),
      asked_(metrics.AddCounter("offing_auth_origin_asked_total",
                                "Times that the origin was asked who somebody is.")),
      refused_(metrics.AddCounter(
          "offing_auth_origin_refused_total",
          "Requests refused because too many questions to the origin are under way (503).")),
      failed_(metrics.AddCounter("offing_auth_origin_failed_total",
                                 "Questions that the origin did not answer as it should (503).")),
      evicted_(metrics.AddCounter("offing_auth_answers_evicted_total",
                                  "Answers forgotten early because too many were kept.")) {}

Answers::Step Answers::Find(const std::string& digest, net::Core& core, Done done) {
  std::unique_lock lock(mutex_);
  const auto kept = kept_.find(digest);
  if (kept != kept_.end() && clock_.SteadyMs() < kept->second.until_ms) {
    const Who who = kept->second.who;
    lock.unlock();
    hits_.Add();
    done(who);
    return Step::kTold;
  }
  const auto under_way = asking_.find(digest);
  if (under_way != asking_.end()) {
    under_way->second.push_back({&core, std::move(done)});
    return Step::kWaiting;
  }
  if (asking_.size() >= limits_.asking) {
    lock.unlock();
    refused_.Add();
    done(base::Fail(base::Code::kUnavailable, "too many users are being asked for"));
    return Step::kTold;
  }
  asking_[digest].push_back({&core, std::move(done)});
  asked_.Add();
  return Step::kAsk;
}

void Answers::Tell(const std::string& digest, const base::Result<Who>& answer) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto under_way = asking_.find(digest);
    if (under_way == asking_.end()) return;
    waiters = std::move(under_way->second);
    asking_.erase(under_way);
    if (answer) Keep(digest, *answer);
  }
  if (!answer) failed_.Add();
  for (Waiter& waiter : waiters) {
    if (waiter.core->OnThisThread()) {
      waiter.done(answer);
    } else {
      waiter.core->Post([done = std::move(waiter.done), answer] { done(answer); });
    }
  }
}

void Answers::Keep(const std::string& digest, const Who& who) {
  if (limits_.keep_ms <= 0 || limits_.kept == 0) return;
  const int64_t now = clock_.SteadyMs();
  // All are kept equally long, so what is over stands in front.
  while (!order_.empty() && kept_.at(order_.front()).until_ms <= now) {
    kept_.erase(order_.front());
    order_.pop_front();
  }
  if (order_.size() >= limits_.kept) {
    kept_.erase(order_.front());
    order_.pop_front();
    evicted_.Add();
  }
  if (kept_.emplace(digest, Kept{who, now + limits_.keep_ms}).second) order_.push_back(digest);
}

void Answers::Drop() {
  std::unordered_map<std::string, std::vector<Waiter>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(asking_);
}

}  // namespace offing::auth
