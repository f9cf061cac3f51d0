#include "engine/aoti/text.h"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <streambuf>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

thread_local int quiet = 0;

// Stands before std::cerr's own buffer for the rest of the process and drops what quiet threads write.
class Filter : public std::streambuf {
 public:
  explicit Filter(std::streambuf* target) : target_(target) {}

 protected:
  int_type overflow(int_type character) override {
    if (quiet > 0 || traits_type::eq_int_type(character, traits_type::eof())) {
      return traits_type::not_eof(character);
    }
    return target_->sputc(traits_type::to_char_type(character));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return quiet > 0 ? count : target_->sputn(text, count);
  }
  int sync() override { return quiet > 0 ? 0 : target_->pubsync(); }

 private:
  std::streambuf* target_;
};

void install_filter() {
  static std::once_flag once;
  // Never deleted: threads may write until the very end of the process.
  std::call_once(once, [] { std::cerr.rdbuf(new Filter(std::cerr.rdbuf())); });
}

class Quiet {
 public:
  Quiet() {
    install_filter();
    ++quiet;
  }
  ~Quiet() { --quiet; }
};

bool in_path(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 ||
         std::string("/._-+~@").find(character) != std::string::npos;
}

// The library hands its exceptions on as text, frames and addresses of this process included.
std::string without_frames(const std::string& text) {
  size_t end = text.size();
  for (const char* sign : {"Exception raised from", "\nframe #"}) end = std::min(end, text.find(sign));
  while (end > 0 && std::isspace(static_cast<unsigned char>(text[end - 1])) != 0) --end;
  return text.substr(0, end);
}

}  // namespace

std::string scrub_paths(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const bool begins =
        text[i] == '/' && i + 1 < text.size() && in_path(text[i + 1]) && (i == 0 || !in_path(text[i - 1]));
    if (!begins) {
      result += text[i++];
      continue;
    }
    size_t end = i;
    while (end < text.size() && in_path(text[end])) ++end;
    const std::string path = text.substr(i, end - i);
    result += path.substr(path.find_last_of('/', path.size() - 2) + 1);
    i = end;
  }
  return result;
}

void without_paths(const char* fallback_code, const std::function<void()>& body) {
  const Quiet scope;
  try {
    body();
  } catch (...) {
    const EngineError error = current_error(fallback_code);
    throw EngineError(error.code(), scrub_paths(without_frames(error.message())),
                      scrub_paths(without_frames(error.trace())), error.hint());
  }
}

}  // namespace node_libtorch::engine
