/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMFS_SHIM_LINUX_NOSPEC_H
#define KVMFS_SHIM_LINUX_NOSPEC_H

/* as the kernel's: the index, or 0 if it is out of bounds */
#define array_index_nospec(index, size)				\
({								\
	__typeof__(index) i_ = (index);				\
								\
	i_ & -(__typeof__(index))(i_ < (size));			\
})

#endif
