# SPDX-License-Identifier: GPL-2.0-only
#
# Read after the Makefile of a folder of guest tests: runs its TESTS on Xen.
# REFERENCE_TESTS, if that Makefile sets it, names those that can run there.

REFERENCE_TESTS ?= $(TESTS)

reference: $(check_PROGRAMS) $(check_SCRIPTS) $(check_DATA)
	$(AM_TESTS_ENVIRONMENT) srcdir=$(srcdir) BONSAI_HYPERVISOR=xen \
		$(top_srcdir)/tests/lib/prove --logs reference-logs $(REFERENCE_TESTS)

.PHONY: reference
