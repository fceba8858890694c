// Forms: which form of a content a request gets: the plain one, or a compressed one that lies
// beside the file (FILE.br, FILE.gz, not older than FILE) or is kept in memory (site/encodings.h).
//
// The coding that the client wants most; of equals the one that is smaller, Brotli. One that is not
// there yet is made for the next request, and this one gets what there is.
//
// Threading: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/message.h"
#include "site/encodings.h"
#include "site/file_response.h"
#include "site/folder.h"

namespace offing::site {

class Forms {
 public:
  // `encodings` null: nothing is compressed.
  Forms(const Folder* folder, Encodings* encodings) : folder_(folder), encodings_(encodings) {}

  // Of the folder's file `path`, open as `file`, whose content has `hash`.
  Form OfFile(const http::Request& request, const std::string& path, const ContentFacts& facts,
              OpenFile file) const;
  Form OfBytes(const http::Request& request, const ContentFacts& facts,
               const base::SharedBytes& bytes) const;
  // Whether contents of this type have other forms.
  Varies VariesBy(std::string_view content_type) const;

 private:
  std::optional<OpenFile> Beside(const std::string& path, Coding coding,
                                 const OpenFile& original) const;

  const Folder* folder_;
  Encodings* encodings_;
};

}  // namespace offing::site
