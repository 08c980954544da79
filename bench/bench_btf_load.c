/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_btf.h"

#include "btf/btf.h"

long bench_load_btf(const char *path)
{
	struct btf *btf;
	long cnt;

	if (btf_open(&btf, path, NULL))
		return -1;
	cnt = btf_type_cnt(btf);
	if (!btf_find(btf, "int", BTF_KIND_INT))
		cnt = -1;
	btf_put(btf);
	return cnt;
}
