// Node unloads a module with the last environment that used it, and threads of ours may outlive that.
// Elsewhere the linker's -z nodelete keeps it.
#pragma once

#ifdef _WIN32
#include <windows.h>

namespace node_libtorch {

inline void stay_loaded() {
  HMODULE module = nullptr;
  constexpr DWORD kFlags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
  GetModuleHandleExW(kFlags, reinterpret_cast<LPCWSTR>(&stay_loaded), &module);
}

}  // namespace node_libtorch

#else

namespace node_libtorch {

inline void stay_loaded() {}

}  // namespace node_libtorch

#endif
