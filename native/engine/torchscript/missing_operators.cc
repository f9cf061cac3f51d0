#include "engine/torchscript/missing_operators.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <cctype>
#include <set>
#include <string_view>

#include "engine/joined.h"

namespace node_libtorch::engine {
namespace {

constexpr std::string_view kMark = "Unknown builtin op: ";
// Of the operators named in a message.
constexpr size_t kMostNamed = 32;

bool is_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }

std::string_view word_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

// `ops.torchvision.nms(` in the code is torchvision::nms.
void find_missing(std::string_view code, std::set<std::string>& missing) {
  constexpr std::string_view prefix = "ops.";
  for (size_t at = code.find(prefix); at != std::string_view::npos; at = code.find(prefix, at + 1)) {
    if (at > 0 && (is_word(code[at - 1]) || code[at - 1] == '.')) continue;
    const std::string_view space = word_at(code, at + prefix.size());
    const size_t dot = at + prefix.size() + space.size();
    if (space.empty() || dot >= code.size() || code[dot] != '.') continue;
    const std::string_view name = word_at(code, dot + 1);
    if (name.empty()) continue;
    const std::string full = std::string(space) + "::" + std::string(name);
    if (missing.count(full) > 0 || missing.size() >= kMostNamed) continue;
    if (torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(full)).empty()) missing.insert(full);
  }
}

bool is_code(const std::string& name) {
  return name.rfind("code/", 0) == 0 && name.size() > 3 && name.compare(name.size() - 3, 3, ".py") == 0;
}

}  // namespace

std::string missing_operators(const std::string& error,
                              const std::shared_ptr<caffe2::serialize::ReadAdapterInterface>& archive) {
  const size_t at = error.find(kMark);
  if (at == std::string::npos) return {};
  const size_t begin = at + kMark.size();
  std::set<std::string> missing{error.substr(begin, error.find_first_of(".\n", begin) - begin)};
  try {
    caffe2::serialize::PyTorchStreamReader reader(archive);
    for (const std::string& record : reader.getAllRecords()) {
      if (!is_code(record)) continue;
      const auto [data, size] = reader.getRecord(record);
      find_missing({static_cast<const char*>(data.get()), size}, missing);
    }
  } catch (const std::exception&) {
    // The first one is known all the same.
  }
  return (missing.size() == 1 ? "the operator " : "the operators ") + joined(missing);
}

}  // namespace node_libtorch::engine
