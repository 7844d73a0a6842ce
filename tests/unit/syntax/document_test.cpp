// SPDX-License-Identifier: Apache-2.0
//
// Text to nodes: what is kept, where it stands, and which texts are refused before anybody looks at keys.
#include "syntax/document.h"

#include <gtest/gtest.h>

namespace levelgate::syntax::document_test {
namespace {

Document good(std::string_view text) {
  Document document = parse_document(text);
  EXPECT_TRUE(document.usable) << text;
  EXPECT_TRUE(document.findings.empty()) << text;
  return document;
}

void expect_refused(std::string_view text, int id, int line, int column, const std::string& message) {
  const Document document = parse_document(text);
  EXPECT_FALSE(document.usable) << text;
  ASSERT_FALSE(document.findings.empty()) << text;
  const Finding& finding = document.findings.front();
  EXPECT_EQ(finding.id, id) << text;
  EXPECT_EQ(finding.mark.line, line) << text;
  EXPECT_EQ(finding.mark.column, column) << text;
  EXPECT_EQ(finding.message, message) << text;
}

TEST(Document, NothingIsNull) {
  for (const std::string_view text : {"", "\n\n", "# a comment\n", "---\n", "~", "null"}) {
    EXPECT_EQ(good(text).root.kind, Node::Kind::kNull) << text;
  }
}

TEST(Document, WordsStayText) {
  const Document document = good("a: no\nb: 0x10\nc: ''\nd: \"null\"\ne:\nf: ~\ng: |\n  two\n  lines\n");
  const Node& root = document.root;
  ASSERT_EQ(root.entries.size(), 7u);
  EXPECT_EQ(root.find("a")->text, "no");
  EXPECT_EQ(root.find("b")->text, "0x10");
  EXPECT_EQ(root.find("c")->kind, Node::Kind::kScalar);
  EXPECT_EQ(root.find("d")->kind, Node::Kind::kScalar);
  EXPECT_EQ(root.find("e")->kind, Node::Kind::kNull);
  EXPECT_EQ(root.find("f")->kind, Node::Kind::kNull);
  EXPECT_EQ(root.find("g")->text, "two\nlines\n");
  EXPECT_EQ(root.find("h"), nullptr);
}

void expect_mark(const Mark& mark, int line, int column, int width) {
  EXPECT_EQ(mark.line, line);
  EXPECT_EQ(mark.column, column);
  EXPECT_EQ(mark.width, width);
}

TEST(Document, EachValueKnowsItsPlace) {
  const Document document = good("a:\n  - x\n  - { b: yy }\n  - {}\n  -\nm\xc3\xbcll: 'c'\n");
  const Node& list = *document.root.find("a");
  expect_mark(list.mark, 1, 1, 1);  // a list is shown by its key
  expect_mark(list.items[0].mark, 2, 5, 1);
  expect_mark(list.items[1].mark, 3, 7, 1);  // a map in a list by its first key
  expect_mark(list.items[1].find("b")->mark, 3, 10, 2);
  expect_mark(list.items[2].mark, 4, 5, 1);  // an empty one by its bracket
  EXPECT_EQ(list.items[3].kind, Node::Kind::kNull);
  expect_mark(document.root.entries[1].mark, 6, 1, 4);  // in code points
  expect_mark(document.root.find("m\xc3\xbcll")->mark, 6, 8, 1);
}

TEST(Document, LinesMayEndAsOnWindows) {
  const Document document = good("a: 1\r\nb:\r\n  c: 2\r\n");
  EXPECT_EQ(document.root.find("a")->text, "1");
  expect_mark(document.root.find("b")->find("c")->mark, 3, 6, 1);
}

TEST(Document, OctetsThatNoTextHas) {
  expect_refused("a: 1\rb: 2\r", 1, 1, 5, "control character");
  expect_refused(std::string_view("a: \0", 4), 1, 1, 4, "control character");
  expect_refused("a: \x1b[0m", 1, 1, 4, "control character");
  expect_refused("a: \x7f", 1, 1, 4, "control character");
  expect_refused("a:\n  b: m\xc3\xbc\xff", 1, 2, 8, "not UTF-8");
  for (const std::string_view bad : {"\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                     "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    expect_refused(bad, 1, 1, 1, "not UTF-8");
  }
  for (const std::string_view fine :
       {"\xc2\xa0x", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x9f\x94\x92", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(good(fine).root.text, fine);
  }
  expect_refused("a: \"x\\0y\"", 1, 1, 5, "control character in a value");
}

TEST(Document, SyntaxIsToldWithItsPlace) {
  expect_refused("a:\n\tb: 1\n", 1, 2, 1, "tab character may not be used as indentation");
  expect_refused("a: { b: m\xc3\xbcll \n\n", 1, 1, 13, "missing comma in flow mapping");
  expect_refused("x: 1\na: {", 1, 2, 5, "did not find expected node content");
  const Document document = parse_document("a: [1, 2\nb: 3\n");
  EXPECT_FALSE(document.usable);
  ASSERT_FALSE(document.findings.empty());
  EXPECT_EQ(document.findings.front().id, 1);
  EXPECT_GE(document.findings.front().mark.line, 1);
}

TEST(Document, WhatAPersonCannotReadIsRefused) {
  expect_refused("a: &x 1\nb: *x\n", 5, 1, 5, "anchors are not supported");
  expect_refused("a: *x\n", 5, 1, 5, "aliases are not supported");
  expect_refused("a: !!str 1\n", 5, 1, 4, "tags are not supported");
  expect_refused("a: [&x {}]\n", 5, 1, 6, "anchors are not supported");
  expect_refused("? [a, b]\n: c\n", 2, 1, 3, "a key must be a single word");
  expect_refused("a: { {b: c}: d }\n", 2, 1, 6, "a key must be a single word");
  expect_refused("a: 1\n---\nb: 2\n", 19, 2, 1, "a second document begins here");
}

TEST(Document, AKeyThatStandsTwiceLeavesTheRestReadable) {
  const Document document = parse_document("a: 1\nb: 2\na: 3\nb: { c: 4, c: 5 }\n");
  EXPECT_TRUE(document.usable);
  ASSERT_EQ(document.findings.size(), 3u);
  for (const Finding& finding : document.findings) EXPECT_EQ(finding.id, 4);
  EXPECT_EQ(document.root.find("a")->text, "1");
  EXPECT_EQ(document.root.entries.size(), 2u);
}

TEST(Document, IsBoundedInDepth) {
  const auto nested = [](int levels) {
    return "a: " + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "\n";
  };
  EXPECT_TRUE(parse_document(nested(kMaxDepth - 1)).usable);
  const Document deep = parse_document(nested(kMaxDepth));
  EXPECT_FALSE(deep.usable);
  EXPECT_EQ(deep.findings.front().id, 6);
  const Document abyss = parse_document(std::string(100'000, '['));
  EXPECT_FALSE(abyss.usable);
  EXPECT_EQ(abyss.findings.front().id, 6);
}

TEST(Document, IsBoundedInValuesAndOctets) {
  std::string list = "a: [";
  for (std::size_t i = 0; i < kMaxNodes; ++i) list += "1,";
  const Document many = parse_document(list + "]\n");
  EXPECT_FALSE(many.usable);
  EXPECT_EQ(many.findings.front().id, 6);
  const std::string longest = "a: " + std::string(kMaxFileOctets - 3, 'x');
  EXPECT_TRUE(parse_document(longest).usable);
  const Document large = parse_document(longest + "x");
  EXPECT_FALSE(large.usable);
  EXPECT_EQ(large.findings.front().id, 6);
}

TEST(Document, ManyFaultsAreNotManyMegabytes) {
  std::string twice = "a: 1\n";
  for (int i = 0; i < 1000; ++i) twice += "a: 1\n";
  EXPECT_LE(parse_document(twice).findings.size(), 20u);
}

}  // namespace
}  // namespace levelgate::syntax::document_test
