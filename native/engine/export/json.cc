#include "engine/export/json.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "engine/error.h"
#include "engine/utf8.h"

namespace node_libtorch::engine {

namespace {

// A graph in a graph is some ten levels deeper; the program's own limit of those is lower than this.
constexpr int kMaxNesting = 600;
// Of all values of a text together: each takes some fifty bytes.
constexpr size_t kMaxValues = 50'000'000;

[[noreturn]] void wrong(const char* where, const char* wanted) {
  throw EngineError("ERR_MODEL_FORMAT", std::string("Expected ") + wanted + " for " + where +
                                            " in the exported program but received something else");
}

}  // namespace

class JsonReader {
 public:
  JsonReader(std::string_view text, const std::string& what) : text_(text), what_(what) {}

  Json document() {
    at_ = utf8_end(text_);
    if (at_ != text_.size()) fail("UTF-8");
    at_ = 0;
    Json value = read(0);
    skip_space();
    if (at_ != text_.size()) fail("its end");
    return value;
  }

 private:
  [[noreturn]] void fail(const char* wanted) const {
    throw EngineError("ERR_MODEL_FORMAT", "Expected " + std::string(wanted) + " at byte " +
                                              std::to_string(at_) + " of " + what_ +
                                              ", which is no JSON that PyTorch writes; save it again");
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
      ++at_;
    }
  }

  bool takes(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool takes_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Json read(int depth) {
    if (depth > kMaxNesting) fail("at most 600 levels of nesting");
    if (++values_ > kMaxValues) fail("at most 50,000,000 values");
    skip_space();
    if (at_ >= text_.size()) fail("a value");
    Json value;
    switch (text_[at_]) {
      case '{':
        value.data_ = object(depth);
        break;
      case '[':
        value.data_ = array(depth);
        break;
      case '"':
        value.data_ = string();
        break;
      default:
        scalar(value);
    }
    return value;
  }

  // Python writes NaN and Infinity, which JSON does not have.
  void scalar(Json& value) {
    if (takes_word("null")) return;
    if (takes_word("true")) {
      value.data_ = true;
    } else if (takes_word("false")) {
      value.data_ = false;
    } else if (takes_word("NaN")) {
      value.data_ = std::numeric_limits<double>::quiet_NaN();
    } else if (takes_word("Infinity")) {
      value.data_ = std::numeric_limits<double>::infinity();
    } else if (takes_word("-Infinity")) {
      value.data_ = -std::numeric_limits<double>::infinity();
    } else {
      number(value);
    }
  }

  void number(Json& value) {
    const size_t begin = at_;
    bool whole = true;
    takes('-');
    if (!digits()) fail("a number");
    if (takes('.')) {
      whole = false;
      if (!digits()) fail("digits");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      whole = false;
      ++at_;
      if (!takes('-')) takes('+');
      if (!digits()) fail("digits");
    }
    const char* first = text_.data() + begin;
    const char* last = text_.data() + at_;
    if (whole) {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(first, last, number);
      if (error != std::errc() || end != last) fail("a number of 64 bits");
      value.data_ = number;
      return;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(first, last, number);
    // What is too small for a double is 0 for Python too; what is too large is Infinity.
    if ((error != std::errc() && error != std::errc::result_out_of_range) || end != last) fail("a number");
    if (error == std::errc::result_out_of_range && is_large(std::string_view(first, end))) {
      number =
          *first == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    value.data_ = number;
  }

  // Of a number that no double holds: its exponent, or its digits where it has none.
  static bool is_large(std::string_view number) {
    const size_t exponent = number.find_first_of("eE");
    if (exponent == std::string_view::npos) return number.find_first_of("123456789") < number.find('.');
    return number[exponent + 1] != '-';
  }

  bool digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }

  Json::Array array(int depth) {
    Json::Array items;
    ++at_;
    skip_space();
    if (takes(']')) return items;
    for (;;) {
      items.push_back(read(depth + 1));
      skip_space();
      if (takes(']')) return items;
      if (!takes(',')) fail("a comma or the end of an array");
    }
  }

  Json::Object object(int depth) {
    Json::Object members;
    ++at_;
    skip_space();
    if (takes('}')) return members;
    for (;;) {
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '"') fail("a name");
      std::string name = string();
      skip_space();
      if (!takes(':')) fail("a colon");
      members.emplace_back(std::move(name), read(depth + 1));
      skip_space();
      if (takes('}')) return members;
      if (!takes(',')) fail("a comma or the end of an object");
    }
  }

  std::string string() {
    std::string out;
    ++at_;
    for (;;) {
      if (at_ >= text_.size()) fail("the end of a string");
      const char c = text_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) fail("no control character in a string");
      ++at_;
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      escape(out);
    }
    ++at_;
    return out;
  }

  void escape(std::string& out) {
    if (at_ >= text_.size()) fail("an escape");
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (const size_t known = letters.find(c); known != std::string_view::npos) {
      out.push_back(meanings[known]);
      return;
    }
    if (c != 'u') fail("a known escape");
    uint32_t code = unit();
    if (code >= 0xD800 && code < 0xDC00 && takes_word("\\u")) {
      const uint32_t low = unit();
      if (low < 0xDC00 || low > 0xDFFF) fail("a pair of surrogates");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xD800 && code < 0xE000) {
      fail("a pair of surrogates");
    }
    append_utf8(out, code);
  }

  uint32_t unit() {
    if (text_.size() - at_ < 4) fail("four digits of an escape");
    uint32_t code = 0;
    const char* first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, first + 4, code, 16);
    if (error != std::errc() || end != first + 4) fail("four digits of an escape");
    at_ += 4;
    return code;
  }

  static void append_utf8(std::string& out, uint32_t code) {
    const auto byte = [&](uint32_t value) { out.push_back(static_cast<char>(value)); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | code >> 6);
      byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      byte(0xE0 | code >> 12);
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  const std::string& what_;
  size_t at_ = 0;
  size_t values_ = 0;
};

Json Json::parse(std::string_view text, const std::string& what) { return JsonReader(text, what).document(); }

bool Json::boolean(const char* where) const {
  if (const auto* value = std::get_if<bool>(&data_)) return *value;
  wrong(where, "true or false");
}

int64_t Json::integer(const char* where) const {
  if (const auto* value = std::get_if<int64_t>(&data_)) return *value;
  wrong(where, "an integer");
}

double Json::number(const char* where) const {
  if (const auto* value = std::get_if<double>(&data_)) return *value;
  if (const auto* value = std::get_if<int64_t>(&data_)) return static_cast<double>(*value);
  // Newer versions write what JSON has no number for as a string.
  if (const auto* value = std::get_if<std::string>(&data_)) {
    if (*value == "Infinity") return std::numeric_limits<double>::infinity();
    if (*value == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (*value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  }
  wrong(where, "a number");
}

const std::string& Json::text(const char* where) const {
  if (const auto* value = std::get_if<std::string>(&data_)) return *value;
  wrong(where, "a string");
}

const Json::Array& Json::array(const char* where) const {
  if (const auto* value = std::get_if<Array>(&data_)) return *value;
  wrong(where, "an array");
}

const Json::Object& Json::object(const char* where) const {
  if (const auto* value = std::get_if<Object>(&data_)) return *value;
  wrong(where, "an object");
}

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : object("an object")) {
    if (key == name) return &value;
  }
  return nullptr;
}

const Json& Json::at(std::string_view name) const {
  if (const Json* found = find(name)) return *found;
  throw EngineError("ERR_MODEL_FORMAT", "Expected the member \"" + std::string(name) +
                                            "\" in the exported program, which has none; save it again");
}

const std::pair<std::string, Json>& Json::only(const char* where) const {
  const Object& members = object(where);
  if (members.size() != 1) wrong(where, "a union with one member");
  return members.front();
}

}  // namespace node_libtorch::engine
