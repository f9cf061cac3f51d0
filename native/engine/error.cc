#include "engine/error.h"

#include <c10/util/Exception.h>
#include <torch/csrc/jit/runtime/jit_exception.h>

#include <new>

#include "engine/device/fault.h"

namespace node_libtorch::engine {
namespace {

constexpr size_t kMaxMessage = 4096;

std::string clipped(std::string text) {
  if (text.size() > kMaxMessage) {
    text.resize(kMaxMessage);
    text += "...";
  }
  return text;
}

// The interpreter rethrows an allocator's failure as a plain error, so the class alone does not tell.
bool reads_like_out_of_memory(const std::string& text) {
  for (const char* sign : {"can't allocate memory", "not enough memory", "out of memory", "std::bad_alloc"}) {
    if (text.find(sign) != std::string::npos) return true;
  }
  return false;
}

EngineError classified(const char* fallback_code, std::string text) {
  const char* code = fallback_code;
  if (reads_like_out_of_memory(text)) {
    code = "ERR_OUT_OF_MEMORY";
  } else if (device_fault(text) != DeviceFault::none) {
    // A run that met one must not be tried again.
    code = "ERR_DEVICE_UNAVAILABLE";
  }
  return {code, clipped(std::move(text))};
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
      return {fallback_code, clipped(error.what())};
    } catch (const c10::OutOfMemoryError& error) {
      return {"ERR_OUT_OF_MEMORY", clipped(error.what_without_backtrace())};
    } catch (const c10::Error& error) {
      return classified(fallback_code, error.what_without_backtrace());
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
