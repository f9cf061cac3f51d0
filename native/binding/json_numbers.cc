#include "binding/json_numbers.h"

#include <charconv>
#include <cstdint>

namespace node_libtorch::binding {
namespace {

// The powers of ten that a double holds exactly, as it does integers up to 2^53: one division of the two is
// rounded once, so it is the nearest double. (W. D. Clinger, How to read floating point numbers accurately.)
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr uint64_t kExactIntegers = uint64_t{1} << 53;
// No number of so many digits overflows 64 bits.
constexpr size_t kSafeDigits = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A cursor that never leaves the text.
class Reader {
 public:
  Reader(const char* at, const char* end) : at_(at), end_(end) {}

  const char* at() const { return at_; }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_blank() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  // The grammar of RFC 8259. False for anything else, and for what has no finite double.
  bool number(double& value) {
    const char* const start = at_;
    const bool negative = take('-');
    mantissa_ = 0;
    const bool leading_zero = at_ != end_ && *at_ == '0';
    size_t digits = leading_zero ? (++at_, 1) : take_digits();
    if (digits == 0) return false;
    size_t fraction = 0;
    if (take('.')) {
      fraction = take_digits();
      if (fraction == 0) return false;
      digits += fraction;
    }
    const bool exponent = take('e') || take('E');
    if (exponent) {
      if (!take('+')) take('-');
      if (take_digits() == 0) return false;
    } else if (digits <= kSafeDigits && mantissa_ <= kExactIntegers) {
      const double magnitude = static_cast<double>(mantissa_) / kPowersOfTen[fraction];
      value = negative ? -magnitude : magnitude;
      return true;
    }
    const auto [parsed, error] = std::from_chars(start, at_, value);
    return error == std::errc() && parsed == at_;
  }

 private:
  size_t take_digits() {
    const char* const start = at_;
    for (; at_ != end_ && is_digit(*at_); ++at_)
      mantissa_ = mantissa_ * 10 + static_cast<uint64_t>(*at_ - '0');
    return static_cast<size_t>(at_ - start);
  }

  const char* at_;
  const char* const end_;
  uint64_t mantissa_ = 0;
};

static_assert(kSafeDigits < sizeof(kPowersOfTen) / sizeof(double));

}  // namespace

std::optional<JsonNumbers> parse_json_numbers(std::string_view text, size_t begin, float* out,
                                              size_t capacity) {
  if (begin >= text.size()) return std::nullopt;
  Reader reader(text.data() + begin, text.data() + text.size());
  if (!reader.take('[')) return std::nullopt;
  JsonNumbers found{0, 0, 0, 0};
  do {
    double value = 0;
    reader.skip_blank();
    if (found.count == capacity || !reader.number(value)) return std::nullopt;
    if (found.count == 0) found.min = found.max = value;
    if (value < found.min) found.min = value;
    if (value > found.max) found.max = value;
    // Beyond float's range the cast is undefined, and no such number is ever served.
    if (!(value >= -3.4028234663852886e38 && value <= 3.4028234663852886e38)) return std::nullopt;
    out[found.count++] = static_cast<float>(value);
    reader.skip_blank();
  } while (reader.take(','));
  if (!reader.take(']')) return std::nullopt;
  found.end = static_cast<size_t>(reader.at() - text.data());
  return found;
}

}  // namespace node_libtorch::binding
