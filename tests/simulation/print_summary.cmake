# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DSUMMARY=FILE -P print_summary.cmake: what the simulations of this run of ctest came to, if
# any has run.  ctest itself shows nothing that a test prints when it passes.

if(EXISTS "${SUMMARY}")
  file(READ "${SUMMARY}" text)
  string(STRIP "${text}" text)
  message("\nSimulated:\n${text}")
endif()
