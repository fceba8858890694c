#include "live/board.h"

#include <utility>

namespace offing::live {

SharedDocument Board::Find(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return order_.front();
}

void Board::Put(SharedDocument document) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_path_.find(document->path); old != by_path_.end()) {
    DropLocked(old->second);
  }
  bytes_ += document->body->size();
  order_.push_front(std::move(document));
  by_path_.emplace(order_.front()->path, order_.begin());
  while (order_.size() > max_documents_ || (bytes_ > max_bytes_ && order_.size() > 1)) {
    DropLocked(std::prev(order_.end()));
  }
}

void Board::Drop(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) DropLocked(found->second);
}

void Board::Clear() {
  const std::lock_guard lock(mutex_);
  by_path_.clear();
  order_.clear();
  bytes_ = 0;
}

void Board::DropLocked(Order::iterator at) {
  bytes_ -= (*at)->body->size();
  by_path_.erase((*at)->path);
  order_.erase(at);
}

}  // namespace offing::live
