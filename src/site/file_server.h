// FileServer: answers GET and HEAD with the files of the folder.
//
//   /docs/a.js --> FilePath --> Folder (beneath, or refused) --> FileIndex --> Forms --> answer
//
// A file's ETag is the hash of its content, and the bytes that are sent are those of the descriptor
// that was hashed. Small files are hashed where they are asked for, larger ones by the indexer
// while the request waits. The tag of a very large one is made of its size and time instead, as
// other servers do it for all: nobody waits for gigabytes to be read.
//
// Limit: what waits for the indexer; beyond it 503 with Retry-After.
//
// Threading: any thread; Serve on the exchange's core.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "http/exchange.h"
#include "site/answers.h"
#include "site/file_index.h"
#include "site/folder.h"
#include "site/forms.h"
#include "site/hashed_names.h"
#include "site/indexer.h"

namespace offing::site {

struct FileServerConfig {
  uint64_t small_file_bytes = 256 << 10;   // hashed on the core
  uint64_t max_hashed_bytes = 64u << 20u;  // larger ones are not hashed at all
};

class FileServer {
 public:
  using ExchangePtr = std::unique_ptr<http::Exchange>;
  // Gets what the folder cannot answer: kNotFound, kForbidden (refused), kIo.
  using OnMissing = std::function<void(ExchangePtr, base::Code)>;
  struct Deps {
    const Folder& folder;
    FileIndex& index;
    Indexer& indexer;
    const Forms& forms;
    HashedNames& hashed_names;
    const Answers& answers;
    const base::Log& log;
    base::Metrics& metrics;
  };

  FileServer(FileServerConfig config, Deps deps, OnMissing on_missing);

  void Serve(ExchangePtr exchange);
  // The folder's page `path` ("index.html") in answer to a URL that is not its own.
  void ServePage(ExchangePtr exchange, const std::string& path);

 private:
  enum class AskedBy { kItsName, kAnotherUrl };
  // What is being answered.
  struct Asked {
    std::string path;
    OpenFile file;
    AskedBy by = AskedBy::kItsName;
  };
  void ServeFolder(ExchangePtr exchange, const std::string& path);
  void ServeFile(ExchangePtr exchange, Asked asked);
  void ServeLargeFile(ExchangePtr exchange, Asked asked);
  void Send(http::Exchange& exchange, Asked asked, const base::Result<std::string>& hash);
  void SendBusy(http::Exchange& exchange);

  const FileServerConfig config_;
  const Deps deps_;
  const OnMissing on_missing_;
  base::Counter& busy_;
};

// 503: later it will work.
http::Response Unavailable();
base::Counter& BusyCounter(base::Metrics& metrics);

}  // namespace offing::site
