#include "server/toml_reader.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <set>
#include <sstream>

#include "server/units.h"

namespace offing::server {

struct TomlTable::Shared {
  std::string file;
  toml::table document;
  std::optional<base::Error> mistake;
};

struct TomlTable::Node {
  const toml::table* table;
  std::string path;  // "[[channel]] " in messages; empty for the root
  std::set<std::string, std::less<>> asked;
};

TomlTable::TomlTable(std::unique_ptr<Node> node, std::shared_ptr<Shared> shared)
    : node_(std::move(node)), shared_(std::move(shared)) {}
TomlTable::~TomlTable() = default;
TomlTable::TomlTable(TomlTable&&) noexcept = default;

base::Result<TomlTable> TomlTable::Parse(std::string_view text, std::string file) {
  auto shared = std::make_shared<Shared>();
  shared->file = std::move(file);
  try {  // toml++ reports by exception; it ends here
    shared->document = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return base::Fail(
        base::Code::kInvalidArgument,
        fmt::format("{}:{}: {}", shared->file, error.source().begin.line, error.description()));
  }
  const toml::table* root = &shared->document;
  return TomlTable(std::make_unique<Node>(Node{root, "", {}}), std::move(shared));
}

bool TomlTable::Has(std::string_view key) const {
  return node_->table->contains(key);
}

void TomlTable::Complain(std::string_view key, const std::string& what) {
  if (shared_->mistake) return;
  const toml::node* node = node_->table->get(key);
  const auto line = node != nullptr ? node->source().begin.line : node_->table->source().begin.line;
  shared_->mistake =
      base::Error{base::Code::kInvalidArgument,
                  fmt::format("{}:{}: {}{}: {}", shared_->file, line, node_->path, key, what)};
}

std::optional<std::string> TomlTable::String(std::string_view key) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return std::nullopt;
  if (auto value = node->value_exact<std::string>()) return value;
  Complain(key, "must be a string");
  return std::nullopt;
}

std::optional<bool> TomlTable::Boolean(std::string_view key) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return std::nullopt;
  if (auto value = node->value_exact<bool>()) return value;
  Complain(key, "must be true or false");
  return std::nullopt;
}

std::optional<int64_t> TomlTable::Integer(std::string_view key, int64_t least, int64_t most) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<int64_t>();
  if (value && *value >= least && *value <= most) return value;
  Complain(key, fmt::format("{}must be a whole number from {} to {}",
                            value ? fmt::format("{}: ", *value) : "", least, most));
  return std::nullopt;
}

std::optional<int64_t> TomlTable::DurationMs(std::string_view key) {
  const auto text = String(key);
  if (!text) return std::nullopt;
  const auto value = ParseDuration(*text);
  if (value) return *value;
  Complain(key, value.error().detail);
  return std::nullopt;
}

std::optional<uint64_t> TomlTable::Size(std::string_view key) {
  const auto text = String(key);
  if (!text) return std::nullopt;
  const auto value = ParseSize(*text);
  if (value) return *value;
  Complain(key, value.error().detail);
  return std::nullopt;
}

std::vector<std::string> TomlTable::Strings(std::string_view key) {
  node_->asked.emplace(key);
  std::vector<std::string> values;
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return values;
  if (auto one = node->value_exact<std::string>()) return {*one};
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& item : *array) {
      if (auto text = item.value_exact<std::string>()) values.push_back(*text);
    }
    if (values.size() == array->size()) return values;
  }
  Complain(key, "must be a string or an array of strings");
  return {};
}

std::optional<std::string> TomlTable::Json(std::string_view key) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return std::nullopt;
  std::ostringstream out;
  const auto print = [&](const auto& value) { out << toml::json_formatter{value}; };
  node->visit(print);
  return out.str();
}

std::vector<std::pair<std::string, std::string>> TomlTable::StringMap(std::string_view key) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return {};
  if (auto one = node->value_exact<std::string>()) return {{"*", *one}};
  std::vector<std::pair<std::string, std::string>> map;
  if (const toml::table* table = node->as_table()) {
    for (const auto& [name, value] : *table) {
      if (auto text = value.value_exact<std::string>()) map.emplace_back(name.str(), *text);
    }
    if (map.size() == table->size()) return map;
  }
  Complain(key, "must be a string, or a table of strings");
  return {};
}

void TomlTable::Table(std::string_view key, const std::function<void(TomlTable&)>& read) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    Complain(key, "must be a table");
    return;
  }
  TomlTable inner(std::make_unique<Node>(Node{table, fmt::format("{}{}.", node_->path, key), {}}),
                  shared_);
  read(inner);
  inner.FinishHere();
}

void TomlTable::Tables(std::string_view key, const std::function<void(TomlTable&)>& read) {
  node_->asked.emplace(key);
  const toml::node* node = node_->table->get(key);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    Complain(key, fmt::format("must be written as [[{}]]", key));
    return;
  }
  for (const toml::node& item : *array) {
    TomlTable inner(std::make_unique<Node>(Node{item.as_table(), fmt::format("[[{}]] ", key), {}}),
                    shared_);
    read(inner);
    inner.FinishHere();
  }
}

void TomlTable::FinishHere() {
  for (const auto& [name, value] : *node_->table) {
    if (!node_->asked.contains(name.str())) Complain(name.str(), "is not a setting that we know");
  }
}

base::Result<void> TomlTable::Finish() {
  FinishHere();
  if (shared_->mistake) return std::unexpected(*shared_->mistake);
  return {};
}

}  // namespace offing::server
