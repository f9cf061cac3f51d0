#include "engine/error.h"

#include <c10/util/Exception.h>
#include <torch/csrc/jit/runtime/jit_exception.h>

#include <new>

#include "engine/device/fault.h"
#include "engine/error_text.h"

namespace node_libtorch::engine {
namespace {

// The interpreter rethrows an allocator's failure as a plain error, so the class alone does not tell.
EngineError classified(const char* fallback_code, const std::string& text, const std::string& context = {}) {
  ErrorText error = readable(text);
  if (!context.empty()) error.trace = error.trace.empty() ? context : error.trace + "\n" + context;
  const char* code = fallback_code;
  if (is_out_of_memory(error.message)) {
    code = "ERR_OUT_OF_MEMORY";
  } else if (device_fault(error.message) != DeviceFault::none) {
    // A run that met one must not be tried again.
    code = "ERR_DEVICE_UNAVAILABLE";
  }
  return {code, std::move(error.message), std::move(error.trace), std::move(error.hint)};
}

// What the callers of a kernel added on the way: the node of a graph, from the inside out.
std::string context_of(const c10::Error& error) {
  std::string lines;
  for (const std::string& line : error.context()) lines += (lines.empty() ? "" : "\n") + line;
  return lines;
}

}  // namespace

EngineError current_error(const char* fallback_code) noexcept {
  // JITException and ErrorReport are no c10::Error; c10::Error's what() carries frames and paths of the
  // process.
  try {
    try {
      throw;
    } catch (const EngineError& error) {
      return error;
    } catch (const torch::jit::JITException& error) {
      // The model raised it, with a text of its own choice.
      ErrorText said = readable(error.what());
      return {fallback_code, std::move(said.message), std::move(said.trace), std::move(said.hint)};
    } catch (const c10::OutOfMemoryError& error) {
      return {"ERR_OUT_OF_MEMORY", readable(error.what_without_backtrace()).message};
    } catch (const c10::Error& error) {
      return classified(fallback_code, error.msg(), context_of(error));
    } catch (const std::bad_alloc&) {
      return {"ERR_OUT_OF_MEMORY", "The allocation failed"};
    } catch (const std::exception& error) {
      return classified(fallback_code, error.what());
    } catch (...) {
      return {fallback_code, "An exception of an unknown type was thrown"};
    }
  } catch (...) {
    return {"ERR_OUT_OF_MEMORY", ""};
  }
}

}  // namespace node_libtorch::engine
