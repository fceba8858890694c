#include "site/encode.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace offing::site {

namespace {

using base::Code;
using base::Fail;

// Brotli's best takes about a second for each half megabyte; beyond this size one step less, which
// is ten times as fast.
constexpr size_t kBestBrotliBytes = 512 << 10;

constexpr auto kCompressible = std::to_array<std::string_view>({
    "application/atom+xml",
    "application/geo+json",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/rss+xml",
    "application/rtf",
    "application/toml",
    "application/vnd.apple.mpegurl",
    "application/wasm",
    "application/xhtml+xml",
    "application/xml",
    "application/yaml",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/svg+xml",
    "image/x-icon",
    "model/gltf+json",
    "model/gltf-binary",
});

base::Result<std::string> EncodeBrotli(std::string_view bytes) {
  std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
  size_t size = out.size();
  const int quality = bytes.size() <= kBestBrotliBytes ? BROTLI_MAX_QUALITY : 9;
  const bool made =
      BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.size(),
                            reinterpret_cast<const uint8_t*>(bytes.data()), &size,
                            reinterpret_cast<uint8_t*>(out.data()));
  if (!made) return Fail(Code::kUnavailable, "brotli has no memory");
  out.resize(size);
  return out;
}

base::Result<std::string> EncodeGzip(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with gzip's head and tail
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Fail(Code::kUnavailable, "zlib has no memory");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(result == Z_STREAM_END, "deflateBound is enough");
  return out;
}

}  // namespace

std::string_view CodingName(Coding coding) {
  switch (coding) {
    case Coding::kIdentity:
      return "";
    case Coding::kGzip:
      return "gzip";
    case Coding::kBrotli:
      return "br";
  }
  return "";
}

bool IsCompressible(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.starts_with("text/") || std::ranges::find(kCompressible, type) != kCompressible.end();
}

base::Result<std::string> Encode(Coding coding, std::string_view bytes) {
  CHECK(bytes.size() < size_t{1} << 30, "zlib counts a buffer with 32 bits");
  switch (coding) {
    case Coding::kIdentity:
      return std::string(bytes);
    case Coding::kGzip:
      return EncodeGzip(bytes);
    case Coding::kBrotli:
      return EncodeBrotli(bytes);
  }
  return Fail(Code::kUnsupported, "no such coding");
}

}  // namespace offing::site
