#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "site/site_fixture.h"

namespace offing::site {
namespace {

using http::FakeAnswer;
using http::Get;
using http::MakeRequest;

const http::Headers kBrowser = {{"accept-encoding", "gzip, deflate, br, zstd"}};
const http::Headers kGzip = {{"accept-encoding", "gzip"}};

std::string Unbrotli(const std::string& bytes) {
  std::string out(1 << 20, '\0');
  size_t size = out.size();
  const auto result =
      BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()), &size,
                              reinterpret_cast<uint8_t*>(out.data()));
  EXPECT_EQ(result, BROTLI_DECODER_RESULT_SUCCESS);
  out.resize(size);
  return out;
}

std::string Gunzip(const std::string& bytes) {
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class SiteFormsTest : public SiteTest {
 protected:
  SiteFormsTest() {
    for (int i = 0; i < 500; ++i) text_ += "line " + std::to_string(i * i) + "\n";
    temp_.Write("big.js", text_);
    temp_.Write("photo.jpg", text_);
    temp_.Write("small.css", "a{}");
  }
  std::string Tag(const std::string& suffix) const {
    const std::string plain = EtagOf(text_);
    return plain.substr(0, plain.size() - 1) + suffix + "\"";
  }
  // What is answered once the compressed form has been made.
  std::shared_ptr<FakeAnswer> Encoded(const std::string& target, const http::Headers& headers) {
    return AskUntil(Get(target, headers), [](const FakeAnswer& answer) {
      return !answer.Header("content-encoding").empty();
    });
  }
  std::string text_;
};

TEST_F(SiteFormsTest, AnswersTheFirstRequestPlainAndTheNextOnesCompressed) {
  const auto first = Ask(Get("/big.js", kBrowser));
  EXPECT_EQ(first->Header("content-encoding"), "");
  EXPECT_EQ(first->Header("vary"), "Accept-Encoding");
  EXPECT_EQ(first->Header("etag"), EtagOf(text_));
  EXPECT_EQ(first->Body(), text_);
  const auto brotli = Encoded("/big.js", kBrowser);
  EXPECT_EQ(brotli->status(), 200);
  EXPECT_EQ(brotli->Header("content-encoding"), "br");
  EXPECT_EQ(brotli->Header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(brotli->Header("vary"), "Accept-Encoding");
  EXPECT_EQ(brotli->Header("etag"), Tag("-br"));
  EXPECT_EQ(brotli->Header("accept-ranges"), "");
  EXPECT_LT(brotli->response->body_size(), text_.size() / 2);
  EXPECT_EQ(Unbrotli(brotli->Body()), text_);
  const auto gzip = Encoded("/big.js", kGzip);
  EXPECT_EQ(gzip->Header("content-encoding"), "gzip");
  EXPECT_EQ(gzip->Header("etag"), Tag("-gzip"));
  EXPECT_EQ(Gunzip(gzip->Body()), text_);
  EXPECT_EQ(Metric("offing_site_encodings_made_total"), 2u);
  EXPECT_GE(Metric("offing_site_encoded_total"), 2u);
  const auto head = Ask(MakeRequest("HEAD", "/big.js", kBrowser));
  EXPECT_EQ(head->Header("etag"), Tag("-br"));
  EXPECT_EQ(head->response->body_size(), brotli->Body().size()) << "as long as the body of GET";
}

TEST_F(SiteFormsTest, SendsWhatTheClientWants) {
  Encoded("/big.js", kBrowser);
  Encoded("/big.js", kGzip);
  const std::pair<const char*, const char*> kCases[] = {
      {"br;q=0.5, gzip", "gzip"},       {"gzip;q=0, br;q=0", ""},
      {"identity, gzip;q=0.9", ""},     {"*", "br"},
      {"*;q=0.1, br;q=0", "gzip"},      {"deflate", ""},
      {"identity;q=0.5, br;q=1", "br"}, {"gzip;q=0.001", "gzip"},
  };
  for (const auto& [header, coding] : kCases) {
    EXPECT_EQ(Ask(Get("/big.js", {{"accept-encoding", header}}))->Header("content-encoding"),
              coding)
        << header;
  }
  EXPECT_EQ(Ask(Get("/big.js", {{"accept-encoding", "gzip;q=0.5"}, {"accept-encoding", "br"}}))
                ->Header("content-encoding"),
            "br")
      << "the header may come in lines";
}

TEST_F(SiteFormsTest, SendsNothingThatTheBrowserHasInAnyFormThatItAccepts) {
  Encoded("/big.js", kBrowser);
  const auto ask = [&](std::string tag, const char* accept) {
    return Ask(Get("/big.js", {{"if-none-match", std::move(tag)}, {"accept-encoding", accept}}));
  };
  EXPECT_EQ(ask(Tag("-br"), "br")->status(), 304);
  EXPECT_EQ(ask(Tag("-br"), "br")->Header("etag"), Tag("-br"));
  EXPECT_EQ(ask(Tag("-br"), "br")->Header("vary"), "Accept-Encoding");
  EXPECT_EQ(ask("W/" + Tag("-br"), "br")->status(), 304);
  EXPECT_EQ(ask(Tag(""), "br")->status(), 304) << "fetched before the other was made";
  EXPECT_EQ(ask(Tag(""), "br")->Header("etag"), Tag(""));
  EXPECT_EQ(ask(Tag("-br"), "gzip")->status(), 200) << "it could not read it again";
  EXPECT_EQ(ask(Tag("-zstd"), "br")->status(), 200);
}

TEST_F(SiteFormsTest, RangesAreOfThePlainForm) {
  Encoded("/big.js", kBrowser);
  auto headers = kBrowser;
  headers.emplace_back("range", "bytes=0-3");
  const auto part = Ask(Get("/big.js", headers));
  EXPECT_EQ(part->status(), 206);
  EXPECT_EQ(part->Header("content-encoding"), "");
  EXPECT_EQ(part->Header("etag"), EtagOf(text_));
  EXPECT_EQ(part->Body(), "line");
  headers.emplace_back("if-range", Tag("-br"));
  const auto whole = Ask(Get("/big.js", headers));
  EXPECT_EQ(whole->status(), 200);
  EXPECT_EQ(whole->Body(), text_);
}

TEST_F(SiteFormsTest, LeavesAloneWhatIsCompressedInItselfTooSmallOrTooLarge) {
  config_.encodings.max_content_bytes = text_.size();
  temp_.Write("huge.js", text_ + "1");
  for (const char* target : {"/photo.jpg", "/small.css", "/huge.js"}) Ask(Get(target, kBrowser));
  Encoded("/big.js", kBrowser);  // is made behind the others
  for (const char* target : {"/photo.jpg", "/small.css", "/huge.js"}) {
    EXPECT_EQ(Ask(Get(target, kBrowser))->Header("content-encoding"), "") << target;
  }
  EXPECT_EQ(Ask(Get("/photo.jpg", kBrowser))->Header("vary"), "");
  EXPECT_EQ(Ask(Get("/small.css", kBrowser))->Header("vary"), "Accept-Encoding");
}

TEST_F(SiteFormsTest, TakesTheCompressedFileThatLiesBesideUnlessItIsOlder) {
  temp_.Write("big.js.br", "brotli, says the name");
  temp_.Write("big.js.gz", "gzip, says the name", 7200);
  temp_.Write("photo.jpg.br", "never");
  const auto beside = Ask(Get("/big.js", kBrowser));
  EXPECT_EQ(beside->Header("content-encoding"), "br");
  EXPECT_EQ(beside->Header("etag"), Tag("-br"));
  EXPECT_EQ(beside->Body(), "brotli, says the name");
  EXPECT_EQ(Ask(Get("/big.js", kGzip))->Header("content-encoding"), "") << "it is older";
  EXPECT_EQ(Gunzip(Encoded("/big.js", kGzip)->Body()), text_);
  EXPECT_EQ(Ask(Get("/photo.jpg", kBrowser))->Header("content-encoding"), "");
  EXPECT_EQ(Revision("/big.js.br"), "none");
  EXPECT_EQ(Ask(Get("/big.js.br"))->Body(), "brotli, says the name") << "a file like any other";
}

TEST_F(SiteFormsTest, SendsTheCompressedFormOfWhatTheFileIsNow) {
  Encoded("/big.js", kBrowser);
  temp_.Write("big.js", text_ + "more", 1800);
  EXPECT_EQ(Ask(Get("/big.js", kBrowser))->Header("content-encoding"), "");
  EXPECT_EQ(Unbrotli(Encoded("/big.js", kBrowser)->Body()), text_ + "more");
}

TEST_F(SiteFormsTest, ComposedFilesAreCompressedToo) {
  const std::string classic(5'000, 'c');
  const std::string client(5'000, 'p');
  parts_.classic = classic;
  parts_.client = client;
  EXPECT_EQ(Unbrotli(Encoded("/_offing/client.js", kBrowser)->Body()), client);
  const auto worker = Encoded("/sw.js", kBrowser);
  EXPECT_THAT(Unbrotli(worker->Body()), testing::EndsWith(classic));
  EXPECT_THAT(worker->Header("etag"), testing::EndsWith("-br\""));
  EXPECT_EQ(worker->Header("cache-control"), "no-cache");
  EXPECT_EQ(Ask(Get("/sw.js"))->Header("vary"), "Accept-Encoding");
}

TEST_F(SiteFormsTest, CompressesNothingIfToldSo) {
  config_.compress = Compress::kNo;
  temp_.Write("big.js.br", "brotli");
  const auto answer = Ask(Get("/big.js", kBrowser));
  EXPECT_EQ(answer->Header("content-encoding"), "");
  EXPECT_EQ(answer->Header("vary"), "");
}

class EncodingsTest : public testing::Test {
 protected:
  base::SharedBytes Find(Encodings& encodings, const std::string& hash,
                         const std::string& content) {
    return encodings.FindOrMake(hash, Coding::kGzip, content.size(), [&] {
      return [this, content]() -> base::Result<std::string> {
        ++asked_;
        return content;
      };
    });
  }
  base::SharedBytes Made(Encodings& encodings, const std::string& hash,
                         const std::string& content) {
    for (;;) {
      if (auto bytes = Find(encodings, hash, content)) return bytes;
      std::this_thread::yield();
    }
  }
  uint64_t Metric(const std::string& name) {
    const std::string text = metrics_.Render();
    return std::stoull(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  }
  base::FakeClock clock_{0};
  base::Metrics metrics_;
  std::atomic<int> asked_{0};
};

TEST_F(EncodingsTest, MakesRoomOnlyFromWhatNobodyAskedForLately) {
  Encodings encodings({.max_kept_bytes = 12'000}, clock_, metrics_);
  const std::string content(5'000, 'x');
  ASSERT_NE(Made(encodings, "a", content), nullptr);
  ASSERT_NE(Made(encodings, "b", content), nullptr);
  const uint64_t two = Metric("offing_site_encodings_bytes");
  EXPECT_LT(two, 1'000u) << "only what is kept counts in the end";
  const auto refuse = [&] {
    return encodings.FindOrMake("large", Coding::kGzip, 11'300, [] {
      ADD_FAILURE() << "there is no room for it";
      return Encodings::Source();
    });
  };
  EXPECT_EQ(refuse(), nullptr);
  EXPECT_EQ(Metric("offing_site_encodings_refused_total"), 1u);
  clock_.Advance(59'999);
  Made(encodings, "b", content);
  EXPECT_EQ(refuse(), nullptr);
  clock_.Advance(1);
  ASSERT_NE(Made(encodings, "c", std::string(11'300, 'y')), nullptr);
  EXPECT_EQ(Metric("offing_site_encodings_dropped_total"), 1u) << "the longest unused one";
  EXPECT_LE(Metric("offing_site_encodings_bytes"), 12'000u);
}

TEST_F(EncodingsTest, RemembersWhatIsNotWorthIt) {
  Encodings encodings({}, clock_, metrics_);
  std::string noise;
  uint32_t x = 1;
  while (noise.size() < 4'000) {
    x = x * 1664525 + 1013904223;
    noise += static_cast<char>(x >> 24);
  }
  EXPECT_EQ(Find(encodings, "noise", noise), nullptr);
  Made(encodings, "text", std::string(2'000, 'x'));  // is made behind it
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Find(encodings, "noise", noise), nullptr);
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(Metric("offing_site_encodings_made_total"), 1u);
}

TEST_F(EncodingsTest, SendsPlainWhatCannotBeQueued) {
  Encodings encodings({}, clock_, metrics_);
  encodings.Stop();
  EXPECT_EQ(encodings.FindOrMake("a", Coding::kGzip, 2'000, [] { return Encodings::Source(); }),
            nullptr);
  EXPECT_EQ(Metric("offing_site_encodings_refused_total"), 1u);
  EXPECT_EQ(Metric("offing_site_encodings_bytes"), 0u);
}

}  // namespace
}  // namespace offing::site
