// Errors of the engine: a stable code of the table in src/errors.ts and a message for people.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace node_libtorch::engine {

class EngineError : public std::exception {
 public:
  EngineError(std::string code, std::string message, std::string trace = {}, std::string hint = {})
      : code_(std::move(code)),
        message_(std::move(message)),
        trace_(std::move(trace)),
        hint_(std::move(hint)) {}

  const std::string& code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  // Where in the model's code it happened; empty where that is not known. For logs, not for clients.
  const std::string& trace() const noexcept { return trace_; }
  // What to do, for a common mistake; empty for any other.
  const std::string& hint() const noexcept { return hint_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string code_;
  std::string message_;
  std::string trace_;
  std::string hint_;
};

// Translates the exception in flight; call it inside a catch (...) block only. `fallback_code` is used for
// failures of LibTorch that say no more about themselves, ERR_MODEL_LOAD or ERR_MODEL_EXECUTION. Never
// throws: out of memory while translating is itself reported.
EngineError current_error(const char* fallback_code) noexcept;

}  // namespace node_libtorch::engine
