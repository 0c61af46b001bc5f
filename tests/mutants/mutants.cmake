# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
#
# What tools/mutants builds otherwise than everybody: CMAKE_PROJECT_INCLUDE of its copy.  A mutant
# costs one file to compile and some programs to link, so these are made cheap; everything else
# is compiled as in the preset dev, and comes from ccache.

find_program(GONGHUI_LLD ld.lld)
if(GONGHUI_LLD)
  add_link_options(-fuse-ld=lld)
endif()
add_link_options(-Wl,--strip-debug)

function(gonghui_make_mutants_cheap)
  foreach(name IN ITEMS ledger durability pipeline storage)
    # -w: a bug may leave a variable unused.  Not so where gRPC is included, whose files come from
    # ccache and would take minutes otherwise: what is unused there does not build.
    target_compile_options(gonghui_${name} PRIVATE -O1 -g0 -w)
  endforeach()
  # By itself each file takes a second, all of them as one fifteen.  Some say `inline` of what
  # others call.
  set_target_properties(gonghui_ledger PROPERTIES UNITY_BUILD OFF)
  target_compile_options(gonghui_ledger PRIVATE -fkeep-inline-functions)
endfunction()
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL gonghui_make_mutants_cheap)
