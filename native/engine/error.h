// Errors of the engine: a stable code of the table in src/errors.ts and a message for people.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace node_libtorch::engine {

class EngineError : public std::exception {
 public:
  EngineError(std::string code, std::string message, std::string trace = {})
      : code_(std::move(code)), message_(std::move(message)), trace_(std::move(trace)) {}

  const std::string& code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  // Where in the model's code it happened; empty where that is not known. For logs, not for clients.
  const std::string& trace() const noexcept { return trace_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string code_;
  std::string message_;
  std::string trace_;
};

// Translates the exception in flight; call it inside a catch (...) block only. `fallback_code` is used for
// failures of LibTorch that say no more about themselves, ERR_MODEL_LOAD or ERR_MODEL_EXECUTION. Never
// throws: out of memory while translating is itself reported.
EngineError current_error(const char* fallback_code) noexcept;

}  // namespace node_libtorch::engine
