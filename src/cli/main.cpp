// SPDX-License-Identifier: Apache-2.0
//
// The command `levelgate`. Everything is in command.cpp, so that tests can call it.
#include "cli/verbs.h"

int main(int argc, char** argv) { return levelgate::cli::run_command(argc, argv); }
