// Board: the committed documents that every core may read. The journal thread pins up a new one
// after each commit; a GET takes a reference and needs nobody.
//
// Limits: documents and the bytes of their bodies; beyond either the least recently used goes (it
// is loaded again when somebody asks).
//
// Threading: any thread.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/position.h"

namespace offing::live {

// What a GET is answered with.
struct Document {
  std::string path;
  base::Position position;
  std::string etag;        // with its quotes
  std::string definition;  // 8 digits
  base::SharedBytes body;
};
using SharedDocument = std::shared_ptr<const Document>;

class Board {
 public:
  Board(size_t max_documents, size_t max_bytes)
      : max_documents_(max_documents), max_bytes_(max_bytes) {}

  // nullptr: not here.
  SharedDocument Find(std::string_view path);
  // Replaces what was there.
  void Put(SharedDocument document);
  void Drop(std::string_view path);
  void Clear();

 private:
  using Order = std::list<SharedDocument>;  // the most recently used first
  void DropLocked(Order::iterator at);

  const size_t max_documents_;
  const size_t max_bytes_;
  std::mutex mutex_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> by_path_;  // keys live in the documents
  size_t bytes_ = 0;
};

}  // namespace offing::live
