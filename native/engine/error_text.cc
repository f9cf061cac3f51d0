#include "engine/error_text.h"

#include <initializer_list>
#include <string_view>

#include "engine/hints.h"

namespace node_libtorch::engine {
namespace {

constexpr size_t kMaxMessage = 1200;
constexpr size_t kMaxTrace = 4096;

constexpr std::string_view kHere = "<--- HERE";
constexpr std::string_view kRuntimeError = "RuntimeError: ";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \n\r\t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n\r\t") - begin + 1);
}

// Whole characters of UTF-8 only.
std::string clipped(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return std::string(text.substr(0, most)) + "...";
}

// Where the error itself begins in the interpreter's text: on the first line after the last mark that is not
// indented, for the code around the mark is.
size_t begin_of_error(std::string_view text) {
  size_t mark = text.rfind(kHere);
  if (mark == std::string_view::npos) mark = text.rfind("Traceback of TorchScript");
  if (mark == std::string_view::npos) return 0;
  size_t line = text.find('\n', mark);
  while (line != std::string_view::npos && ++line < text.size()) {
    if (text[line] != ' ' && text[line] != '\n') return line;
    line = text.find('\n', line);
  }
  return 0;
}

// Texts whose first sentence says it all: a dispatcher goes on to list every kernel of the process, in four
// thousand characters.
std::string_view first_sentence(std::string_view message) {
  for (const std::string_view begin :
       std::initializer_list<std::string_view>{"Could not run '", "Cannot initialize CUDA without"}) {
    if (message.substr(0, begin.size()) != begin) continue;
    const size_t end = message.find(". ");
    return end == std::string_view::npos ? message.substr(0, message.find('\n')) : message.substr(0, end + 1);
  }
  return message;
}

}  // namespace

ErrorText readable(const std::string& text) {
  const std::string_view all(text);
  const size_t begin = begin_of_error(all);
  std::string_view message = trimmed(all.substr(begin));
  if (message.substr(0, kRuntimeError.size()) == kRuntimeError) message.remove_prefix(kRuntimeError.size());
  message = first_sentence(message);
  return {clipped(message, kMaxMessage), clipped(trimmed(all.substr(0, begin)), kMaxTrace),
          hint_for(message)};
}

bool is_out_of_memory(const std::string& message) {
  const std::string_view text(message);
  const auto begins = [&](std::string_view with) { return text.substr(0, with.size()) == with; };
  if (text == "std::bad_alloc" || begins("CUDA out of memory. Tried to allocate")) return true;
  if (begins("CUDA error: out of memory") || begins("HIP out of memory. Tried to allocate")) return true;
  const size_t allocator = text.find("DefaultCPUAllocator: ");
  if (allocator == std::string_view::npos || (allocator > 0 && !begins("[enforce fail at "))) return false;
  return text.find("can't allocate memory", allocator) != std::string_view::npos ||
         text.find("not enough memory", allocator) != std::string_view::npos;
}

}  // namespace node_libtorch::engine
