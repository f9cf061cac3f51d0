#include "engine/model_output.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/print_handler.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string_view>

#include "engine/threads.h"
#include "engine/utf8.h"

namespace node_libtorch::engine {
namespace {

constexpr size_t kLongest = 4096;

void append_escape(std::string& line, uint32_t code, bool is_byte) {
  char escaped[12];
  std::snprintf(escaped, sizeof escaped, is_byte ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
  line += escaped;
}

// A control character (C1's among them) or a separator of lines; empty for text.
bool must_escape(std::string_view character, uint32_t* code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(character[i]); };
  if (character.size() == 2) *code = (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
  if (character.size() == 3) *code = (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
  const bool separator = *code == 0x2028 || *code == 0x2029;
  const bool direction = (*code >= 0x202a && *code <= 0x202e) || (*code >= 0x2066 && *code <= 0x2069);
  return (character.size() == 2 && *code < 0xa0) || (character.size() == 3 && (separator || direction));
}

void say(const char* what, const std::string& text) {
  const std::string line = std::string("node-libtorch: model ") + what + ": " + one_line(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

class SayWarning : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { say("warned", warning.msg()); }
};

// So many tasks that wait for each other come to so many threads.
struct Meeting {
  std::mutex mutex;
  std::condition_variable all;
  int awaited;
};

void redirect_warnings_of_pool() {
  const auto meeting = std::make_shared<Meeting>();
  const int threads = configured_threads().inter_op;
  meeting->awaited = threads;
  for (int i = 0; i < threads; ++i) {
    at::launch([meeting] {
      redirect_warnings_here();
      std::unique_lock lock(meeting->mutex);
      if (--meeting->awaited == 0) meeting->all.notify_all();
      // Bounded: should there be fewer threads than asked for, they must not wait for ever.
      meeting->all.wait_for(lock, std::chrono::seconds(1), [&] { return meeting->awaited == 0; });
    });
  }
}

// What is still called by name after inlining may be anything.
bool may_fork(const torch::jit::Block* block) {
  for (const torch::jit::Node* node : block->nodes()) {
    if (node->kind() == c10::prim::fork || node->kind() == c10::prim::CallMethod) return true;
    for (const torch::jit::Block* inner : node->blocks()) {
      if (may_fork(inner)) return true;
    }
  }
  return false;
}

}  // namespace

std::string one_line(const std::string& text) {
  std::string line;
  const std::string_view shown = std::string_view(text).substr(0, kLongest);
  for (size_t at = 0; at < shown.size();) {
    const size_t length = utf8_length(shown, at);
    const auto byte = static_cast<uint8_t>(shown[at]);
    uint32_t code = 0;
    if (byte == '\n') {
      line += "\\n";
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      append_escape(line, byte, true);
    } else if (must_escape(shown.substr(at, length), &code)) {
      append_escape(line, code, false);
    } else {
      line += shown.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return line;
}

void redirect_prints() {
  torch::jit::setPrintHandler([](const std::string& text) { say("printed", text); });
}

void redirect_warnings_of_forks(const torch::jit::Method& method) {
  static std::once_flag once;
  const std::shared_ptr<torch::jit::Graph> graph = method.graph()->copy();
  torch::jit::Inline(*graph);
  if (may_fork(graph->block())) std::call_once(once, redirect_warnings_of_pool);
}

void redirect_warnings_here() noexcept {
  static SayWarning handler;
  c10::WarningUtils::set_warning_handler(&handler);
}

}  // namespace node_libtorch::engine
