#include "engine/export/builtins.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;
using Args = std::vector<IValue>;

[[noreturn]] void refuse(const std::string& what) {
  throw EngineError("ERR_INVALID_INPUT",
                    "Expected sizes and values that the program can compute with: " + what);
}

[[noreturn]] void malformed() {
  throw EngineError("ERR_MODEL_FORMAT", "Expected numbers for the arithmetic of the exported program");
}

const IValue& at(const Args& args, size_t i) {
  if (i >= args.size()) malformed();
  return args[i];
}

// Python's numbers: a bool is an int.
bool is_whole(const IValue& value) { return value.isInt() || value.isBool(); }

int64_t whole(const IValue& value) {
  if (value.isInt()) return value.toInt();
  if (value.isBool()) return value.toBool() ? 1 : 0;
  malformed();
}

double real(const IValue& value) {
  if (value.isDouble()) return value.toDouble();
  return static_cast<double>(whole(value));
}

bool truth(const IValue& value) {
  if (value.isDouble()) return value.toDouble() != 0;
  if (value.isTensor()) return value.toTensor().item().toBool();
  return whole(value) != 0;
}

void check_overflow(bool overflows) {
  if (overflows) refuse("a whole number is larger than 64 bits");
}

struct Adding {
  static int64_t of(int64_t a, int64_t b) {
    int64_t result = 0;
    check_overflow(__builtin_add_overflow(a, b, &result));
    return result;
  }
  static double of(double a, double b) { return a + b; }
};

struct Subtracting {
  static int64_t of(int64_t a, int64_t b) {
    int64_t result = 0;
    check_overflow(__builtin_sub_overflow(a, b, &result));
    return result;
  }
  static double of(double a, double b) { return a - b; }
};

struct Multiplying {
  static int64_t of(int64_t a, int64_t b) {
    int64_t result = 0;
    check_overflow(__builtin_mul_overflow(a, b, &result));
    return result;
  }
  static double of(double a, double b) { return a * b; }
};

void check_divisor(bool is_zero) {
  if (is_zero) refuse("a division by zero");
}

// Rounds towards minus infinity, as Python.
struct FloorDividing {
  static int64_t of(int64_t a, int64_t b) {
    check_divisor(b == 0);
    if (b == -1) return Subtracting::of(int64_t{0}, a);
    const int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
  static double of(double a, double b);
};

// Has the sign of the divisor, as Python.
struct Modulo {
  static int64_t of(int64_t a, int64_t b) {
    check_divisor(b == 0);
    if (b == -1) return 0;
    const int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  static double of(double a, double b) {
    check_divisor(b == 0);
    const double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
};

// As Python, whose quotient fits the remainder: 1.0 // 0.1 is 9, and not the floor of 10.
double FloorDividing::of(double a, double b) {
  check_divisor(b == 0);
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

template <typename Operation>
IValue arithmetic(Args& args) {
  const IValue& a = at(args, 0);
  const IValue& b = at(args, 1);
  if (is_whole(a) && is_whole(b)) return Operation::of(whole(a), whole(b));
  return Operation::of(real(a), real(b));
}

IValue true_division(Args& args) {
  const double divisor = real(at(args, 1));
  check_divisor(divisor == 0);
  return real(at(args, 0)) / divisor;
}

IValue power(Args& args) {
  const IValue& base = at(args, 0);
  const IValue& exponent = at(args, 1);
  if (!is_whole(base) || !is_whole(exponent) || whole(exponent) < 0) {
    check_divisor(real(base) == 0 && real(exponent) < 0);
    const double result = std::pow(real(base), real(exponent));
    if (real(base) < 0 && std::isnan(result)) refuse("a root of a negative number");
    return result;
  }
  int64_t result = 1;
  int64_t factor = whole(base);
  for (int64_t rest = whole(exponent); rest > 0; rest >>= 1) {
    if ((rest & 1) != 0) result = Multiplying::of(result, factor);
    if (rest > 1) factor = Multiplying::of(factor, factor);
  }
  return result;
}

template <template <typename> typename Comparison>
IValue compare(Args& args) {
  const IValue& a = at(args, 0);
  const IValue& b = at(args, 1);
  if (is_whole(a) && is_whole(b)) return Comparison<int64_t>()(whole(a), whole(b));
  return Comparison<double>()(real(a), real(b));
}

IValue negative(Args& args) {
  const IValue& a = at(args, 0);
  if (is_whole(a)) return Subtracting::of(int64_t{0}, whole(a));
  return -real(a);
}

// A tensor must not pass through here: what shares its memory would not be known (see aliases.cc).
IValue number(const IValue& value) {
  if (!value.isDouble() && !is_whole(value)) malformed();
  return value;
}

IValue positive(Args& args) { return at(args, 0).isBool() ? IValue(whole(args[0])) : number(at(args, 0)); }

IValue absolute(Args& args) {
  const IValue& a = at(args, 0);
  if (!is_whole(a)) return std::abs(real(a));
  return whole(a) < 0 ? negative(args) : IValue(whole(a));
}

int64_t as_whole(double value) {
  // 2^63 is the least double that does not fit.
  if (!(std::abs(value) < 9223372036854775808.0)) refuse("a number that is no whole number of 64 bits");
  return static_cast<int64_t>(value);
}

template <double (*Round)(double)>
IValue rounded(Args& args) {
  const IValue& a = at(args, 0);
  return is_whole(a) ? IValue(whole(a)) : IValue(as_whole(Round(real(a))));
}

double truncate(double value) { return std::trunc(value); }
double round_up(double value) { return std::ceil(value); }
double round_down(double value) { return std::floor(value); }
// To the even one of two that are as near, as Python.
double round_even(double value) { return std::nearbyint(value); }

// As Python: to so many decimal places, of the number as it is in decimal, and a tie to the even one.
double to_places(double value, int64_t places) {
  if (!std::isfinite(value) || places > 323) return value;
  if (places < -308) return 0.0 * value;
  if (places >= 0) {
    std::array<char, 700> digits{};
    std::snprintf(digits.data(), digits.size(), "%.*f", static_cast<int>(places), value);
    return std::strtod(digits.data(), nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-places));
  return std::nearbyint(value / unit) * unit;
}

int64_t to_places(int64_t value, int64_t places) {
  if (places >= 0) return value;
  // Half of 10^19 is more than any of them.
  if (places < -18) {
    check_overflow(places == -19 &&
                   (value > 5'000'000'000'000'000'000 || value < -5'000'000'000'000'000'000));
    return 0;
  }
  int64_t unit = 1;
  for (int64_t i = places; i < 0; ++i) unit *= 10;
  const int64_t rest = Modulo::of(value, unit);
  const int64_t below = FloorDividing::of(value, unit);
  const bool is_above = rest > unit - rest || (rest == unit - rest && below % 2 != 0);
  return Multiplying::of(is_above ? below + 1 : below, unit);
}

IValue round_to(Args& args) {
  if (args.size() < 2 || args[1].isNone()) return rounded<round_even>(args);
  const int64_t places = whole(args[1]);
  if (is_whole(at(args, 0))) return to_places(whole(args[0]), places);
  const double result = to_places(real(args[0]), places);
  if (std::isinf(result) && !std::isinf(real(args[0])))
    refuse("a number that is too large once it is rounded");
  return result;
}

template <double (*Function)(double)>
IValue of_float(Args& args) {
  return Function(real(at(args, 0)));
}

IValue square_root(Args& args) {
  const double value = real(at(args, 0));
  if (value < 0) refuse("the square root of a negative number");
  return std::sqrt(value);
}

IValue to_float(Args& args) { return real(at(args, 0)); }

template <bool Larger>
IValue extreme(Args& args) {
  const IValue& a = at(args, 0);
  const IValue& b = at(args, 1);
  if (is_whole(a) && is_whole(b)) return Larger ? std::max(whole(a), whole(b)) : std::min(whole(a), whole(b));
  return Larger ? std::max(real(a), real(b)) : std::min(real(a), real(b));
}

IValue negation(Args& args) { return !truth(at(args, 0)); }
IValue choice(Args& args) { return number(truth(at(args, 0)) ? at(args, 1) : at(args, 2)); }

IValue conjunction(Args& args) {
  if (at(args, 0).isBool() && at(args, 1).isBool()) return args[0].toBool() && args[1].toBool();
  return whole(args[0]) & whole(args[1]);
}

IValue disjunction(Args& args) {
  if (at(args, 0).isBool() && at(args, 1).isBool()) return args[0].toBool() || args[1].toBool();
  return whole(args[0]) | whole(args[1]);
}

int64_t shift_of(const Args& args) {
  const int64_t bits = whole(at(args, 1));
  if (bits < 0 || bits > 62) refuse("a shift by more than 62 bits");
  return bits;
}

IValue shift_left(Args& args) { return Multiplying::of(whole(at(args, 0)), int64_t{1} << shift_of(args)); }
IValue shift_right(Args& args) { return whole(at(args, 0)) >> shift_of(args); }

int64_t axis_of(const Args& args, int64_t rank) {
  const int64_t axis = whole(at(args, 1));
  if (axis < -rank || axis >= rank) malformed();
  return axis < 0 ? axis + rank : axis;
}

const at::Tensor& tensor(const Args& args) {
  if (!at(args, 0).isTensor()) malformed();
  const at::Tensor& tensor = args[0].toTensor();
  if (!tensor.defined()) malformed();
  return tensor;
}

IValue size(Args& args) { return tensor(args).size(axis_of(args, tensor(args).dim())); }
IValue stride(Args& args) { return tensor(args).stride(axis_of(args, tensor(args).dim())); }
IValue numel(Args& args) { return tensor(args).numel(); }
IValue storage_offset(Args& args) { return tensor(args).storage_offset(); }

IValue nothing(Args&) { return {}; }

// torch._check: what the model's author wrote down about its inputs.
IValue assert_truth(Args& args) {
  if (truth(at(args, 0))) return {};
  const std::string said = args.size() > 1 && args[1].isString() ? args[1].toStringRef() : "";
  throw EngineError("ERR_INVALID_INPUT", "Expected what the model checks of its inputs (torch._check)" +
                                             (said.empty() ? std::string(", which is not so") : ": " + said));
}

// (size, min?, max?): what was assumed of a size that only a run shows.
IValue constrain_range(Args& args) {
  const int64_t value = whole(at(args, 0));
  const bool low = args.size() > 1 && !args[1].isNone() && value < whole(args[1]);
  const bool high = args.size() > 2 && !args[2].isNone() && value > whole(args[2]);
  if (low || high) {
    throw EngineError("ERR_INVALID_INPUT",
                      "Expected a value between " +
                          (args[1].isNone() ? "any" : std::to_string(whole(args[1]))) + " and " +
                          (args.size() < 3 || args[2].isNone() ? "any" : std::to_string(whole(args[2]))) +
                          ", which the model was exported for, but it is " + std::to_string(value));
  }
  return {};
}

IValue constrain_size(Args& args) {
  if (whole(at(args, 0)) < 0) refuse("a size that is negative");
  return constrain_range(args);
}

struct Row {
  std::string_view target;
  Builtin function;
};

// THE TABLE. The targets of torch/_export/serde/serialize.py's _SYM_OPS, and operators that only look at a
// tensor's sizes or check something.
constexpr Row kRows[] = {
    {"_operator.add", arithmetic<Adding>},
    {"_operator.sub", arithmetic<Subtracting>},
    {"_operator.mul", arithmetic<Multiplying>},
    {"_operator.floordiv", arithmetic<FloorDividing>},
    {"_operator.mod", arithmetic<Modulo>},
    {"_operator.truediv", true_division},
    {"_operator.pow", power},
    {"_operator.neg", negative},
    {"_operator.pos", positive},
    {"_operator.abs", absolute},
    {"_operator.eq", compare<std::equal_to>},
    {"_operator.ne", compare<std::not_equal_to>},
    {"_operator.lt", compare<std::less>},
    {"_operator.le", compare<std::less_equal>},
    {"_operator.gt", compare<std::greater>},
    {"_operator.ge", compare<std::greater_equal>},
    {"_operator.and_", conjunction},
    {"_operator.or_", disjunction},
    {"_operator.not_", negation},
    {"_operator.lshift", shift_left},
    {"_operator.rshift", shift_right},
    {"math.trunc", rounded<truncate>},
    {"math.ceil", rounded<round_up>},
    {"math.floor", rounded<round_down>},
    {"math.sqrt", square_root},
    {"builtins.round", round_to},
    {"builtins.abs", absolute},
    {"builtins.max", extreme<true>},
    {"builtins.min", extreme<false>},
    {"torch.sym_not", negation},
    {"torch.sym_int", rounded<truncate>},
    {"torch.sym_float", to_float},
    {"torch.sym_ite", choice},
    {"torch.sym_max", extreme<true>},
    {"torch.sym_min", extreme<false>},
    {"torch.sym_sqrt", square_root},
    {"torch._sym_sqrt", square_root},
    {"torch._sym_sin", of_float<std::sin>},
    {"torch._sym_cos", of_float<std::cos>},
    {"torch._sym_tan", of_float<std::tan>},
    {"torch._sym_exp", of_float<std::exp>},
    {"torch.ops.aten.sym_size.int", size},
    {"torch.ops.aten.sym_stride.int", stride},
    {"torch.ops.aten.sym_numel.default", numel},
    {"torch.ops.aten.sym_storage_offset.default", storage_offset},
    {"torch.ops.aten._assert_scalar.default", assert_truth},
    {"torch.ops.aten._assert_async.default", assert_truth},
    {"torch.ops.aten._assert_async.msg", assert_truth},
    {"torch.ops.aten.sym_constrain_range.default", constrain_range},
    {"torch.ops.aten.sym_constrain_range_for_size.default", constrain_size},
    {"torch.ops.aten._functional_assert_scalar.default", assert_truth},
    // Python's own guards on the gradient mode: runs never take gradients.
    {"torch._C._set_grad_enabled", nothing},
};

}  // namespace

Builtin find_builtin(std::string_view target) {
  for (const Row& row : kRows) {
    if (row.target == target) return row.function;
  }
  return nullptr;
}

}  // namespace node_libtorch::engine
