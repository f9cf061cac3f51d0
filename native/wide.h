// Paths and names come from JavaScript as UTF-8. Windows' narrow functions read them in the code page of the
// machine, so the wide ones are called.
#pragma once

#ifdef _WIN32
#include <windows.h>

#include <string>

namespace node_libtorch {

inline std::wstring wide(const std::string& text) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring result(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), result.data(), length);
  return result;
}

}  // namespace node_libtorch

#endif
