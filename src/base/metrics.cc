#include "base/metrics.h"

#include <fmt/format.h>

#include <utility>

namespace offing::base {

Counter& Metrics::AddCounter(std::string name, std::string help) {
  return Add(std::move(name), std::move(help), "counter");
}

Counter& Metrics::AddGauge(std::string name, std::string help) {
  return Add(std::move(name), std::move(help), "gauge");
}

Counter& Metrics::Add(std::string name, std::string help, std::string_view type) {
  for (Entry& entry : entries_) {
    if (entry.name == name) return entry.counter;
  }
  Entry& entry = entries_.emplace_back();
  entry.name = std::move(name);
  entry.help = std::move(help);
  entry.type = type;
  return entry.counter;
}

std::string Metrics::Render() const {
  std::string text;
  for (const Entry& entry : entries_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", entry.name, entry.help,
                        entry.type, entry.counter.value());
  }
  return text;
}

}  // namespace offing::base
