// SPDX-License-Identifier: Apache-2.0
//
// What the capture writer writes, octet by octet, and read back.
#include "cli/capture_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cli/capture_reader.h"
#include "unit/cli/capture_bytes.h"

namespace levelgate::cli::capture_writer_test {
namespace {

using tests::as_text;
using tests::CaptureBytes;
using tests::Order;

class CaptureWriterTest : public testing::Test {
 protected:
  ~CaptureWriterTest() override { std::filesystem::remove(path_); }
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("levelgate-test-writer-" + std::to_string(getpid()) + ".pcap"))
          .string();
};

TEST_F(CaptureWriterTest, AnEmptyFileIsAValidCapture) {
  ASSERT_TRUE(CaptureWriter::open(path_)->close());
  const auto content = read_whole_file(path_);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, CaptureBytes(Order::kBig).pcap_header(0xA1B23C4D, 1).octets());
  EXPECT_TRUE(read_capture(*content));
}

TEST_F(CaptureWriterTest, FramesAreReadBack) {
  auto writer = CaptureWriter::open(path_);
  ASSERT_TRUE(writer);
  writer->write(0, as_bytes("zero", 4));
  writer->write(3'000'000'001, as_bytes("later", 5));
  EXPECT_EQ(writer->frames(), 2u);
  ASSERT_TRUE(writer->close());
  const auto content = read_whole_file(path_);
  ASSERT_TRUE(content);
  auto expected = CaptureBytes(Order::kBig).pcap_header(0xA1B23C4D, 1).record(0, 0, "zero").record(3, 1, "later");
  EXPECT_EQ(*content, expected.octets());
  const auto capture = read_capture(*content);
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->frames.at(1).stamp_ns, 3'000'000'001);
  EXPECT_EQ(as_text(capture->frames.at(1).octets), "later");
}

TEST_F(CaptureWriterTest, AFullDeviceIsToldWhenClosing) {
  auto writer = CaptureWriter::open("/dev/full");
  ASSERT_TRUE(writer);
  writer->write(0, as_bytes("x", 1));
  const auto closed = writer->close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().what, testing::HasSubstr("/dev/full"));
}

TEST_F(CaptureWriterTest, AMissingFolderIsAnErrorThatNamesThePath) {
  const auto writer = CaptureWriter::open("/nonexistent/out.pcap");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().what, "/nonexistent/out.pcap: No such file or directory");
}

}  // namespace
}  // namespace levelgate::cli::capture_writer_test
