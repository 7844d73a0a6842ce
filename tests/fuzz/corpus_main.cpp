// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over stored inputs without libFuzzer, so that every compiler and sanitizer sees the corpora:
// each file named (or found in a folder named), its beginnings, and the empty input. Never invents an input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Beginnings of longer inputs repeat what those of shorter ones show, and cost the square of the length: each of the
// short ones, and some of the others, at lengths of every alignment.
constexpr std::size_t kEachBeginning = 64;
constexpr std::size_t kLongestBeginning = 512;
constexpr std::size_t kSomeBeginnings = 5;

// In a block of exactly its size, so that the address sanitizer sees a read beyond the end.
void run(std::span<const std::uint8_t> input) {
  const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), block.get());
  static_cast<void>(LLVMFuzzerTestOneInput(block.get(), input.size()));
}

void run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::vector<std::uint8_t> input(text.begin(), text.end());
  run(input);
  const std::size_t beginnings = std::min(input.size(), kLongestBeginning);
  for (std::size_t octets = 1; octets < beginnings; octets += octets < kEachBeginning ? 1 : kSomeBeginnings) {
    run(std::span(input).first(octets));
  }
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& named) {
  if (!std::filesystem::is_directory(named)) return {named};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(named)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  run({});
  std::size_t replayed = 0;
  for (const char* named : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    if (!std::filesystem::exists(named)) {
      std::fprintf(stderr, "%s: no such file or folder\n", named);
      return 1;
    }
    for (const auto& path : files_below(named)) {
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);  // the last line names the input that ends the program
      run_file(path);
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
  return replayed == 0 ? 1 : 0;
}
