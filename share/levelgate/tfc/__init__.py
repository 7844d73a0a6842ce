# SPDX-License-Identifier: Apache-2.0
#
# The confidentiality test of `levelgate bench tfc`, and what it shares with the demo: the lab of namespaces, captures,
# charts and the parts of pages. Importing the package needs nothing but Python; the statistics want numpy and scipy.
