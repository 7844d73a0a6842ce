# SPDX-License-Identifier: Apache-2.0
#
# The page of `levelgate bench handshake`, from figures that the program measured. Needs nothing but Python; charts and
# parts of pages are those of the package tfc.
