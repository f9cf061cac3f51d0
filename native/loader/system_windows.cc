#include "loader/system.h"

#ifdef _WIN32

#include <windows.h>

#include <cstdlib>

#include "wide.h"

// Not run yet: written by the documentation of LoadLibraryExW and by what the wheel's libraries import.
namespace node_libtorch::loader {
namespace {

std::string narrow(const wchar_t* text, int length) {
  const int bytes = WideCharToMultiByte(CP_UTF8, 0, text, length, nullptr, 0, nullptr, nullptr);
  std::string result(static_cast<size_t>(bytes), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, length, result.data(), bytes, nullptr, nullptr);
  return result;
}

// In English, so that messages can be recognised; the system may have the text in its own language alone.
std::string describe(DWORD error) {
  constexpr DWORD kFlags =
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
  wchar_t* text = nullptr;
  for (const DWORD language : {DWORD{MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)}, DWORD{0}}) {
    const DWORD length =
        FormatMessageW(kFlags, nullptr, error, language, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
    if (length == 0) continue;
    std::string message = narrow(text, static_cast<int>(length));
    LocalFree(text);
    message.erase(message.find_last_not_of(" \r\n") + 1);
    return message;
  }
  return "error " + std::to_string(error);
}

}  // namespace

// What a library needs is looked for in its own folder, where the wheel has all of it, and in the system's;
// one that is in the process already is found by its name. A missing one is an error and no dialog.
void* open_library(const std::string& path, std::string* reason) {
  DWORD before = 0;
  SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &before);
  HMODULE handle = LoadLibraryExW(wide(path).c_str(), nullptr,
                                  LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
  const DWORD error = GetLastError();
  SetThreadErrorMode(before, nullptr);
  if (handle == nullptr) *reason = describe(error);
  return handle;
}

void close_library(void* library) { FreeLibrary(static_cast<HMODULE>(library)); }

bool is_resident(const std::string& path) { return GetModuleHandleW(wide(path).c_str()) != nullptr; }

// C:\… or \\server\…, with either slash.
bool is_absolute(const std::string& path) {
  const auto is_slash = [&](size_t i) { return path.size() > i && (path[i] == '\\' || path[i] == '/'); };
  return (is_slash(0) && is_slash(1)) || (path.size() > 2 && path[1] == ':' && is_slash(2));
}

// Sets the process's variable and the universal C runtime's copy, which LibTorch's libraries share with us.
void set_variable(const std::string& name, const std::string& value) {
  _wputenv_s(wide(name).c_str(), wide(value).c_str());
}

}  // namespace node_libtorch::loader

#endif
