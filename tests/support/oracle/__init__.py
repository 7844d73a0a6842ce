# SPDX-License-Identifier: Apache-2.0
#
# The oracle: an encoder and decoder of ESP with AGGFRAG payloads (RFC 9347, RFC 4303, RFC 4106, RFC 7634,
# RFC 3948) written from the texts alone, so that the gateway is compared with something that shares no line
# with it. Standard library and python3-cryptography only; slow and plain on purpose.
