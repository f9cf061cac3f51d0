// JSON as the files of torch.export have it, read by our own strict reader: such a file may come from
// anybody, so nesting, numbers and text are bounded, and every access says what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace node_libtorch::engine {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;  // in the order of the file

  // `what` names the text in messages. Throws ERR_MODEL_FORMAT.
  static Json parse(std::string_view text, const std::string& what);

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<int64_t>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }

  // Each throws ERR_MODEL_FORMAT where the value is something else. `where` names it in messages.
  bool boolean(const char* where) const;
  int64_t integer(const char* where) const;
  double number(const char* where) const;
  const std::string& text(const char* where) const;
  const Array& array(const char* where) const;
  const Object& object(const char* where) const;

  // A member; null where there is none. Throws unless this is an object.
  const Json* find(std::string_view name) const;
  // Throws where there is none.
  const Json& at(std::string_view name) const;
  // The only member of a union such as {"as_int": 3}: its tag and its value.
  const std::pair<std::string, Json>& only(const char* where) const;

 private:
  friend class JsonReader;
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data_;
};

}  // namespace node_libtorch::engine
