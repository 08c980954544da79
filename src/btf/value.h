/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by their type, in the shape of `bpftool map dump`:
 *
 *	struct, union	an object, by member name ("" for an anonymous one)
 *	array		an array; one of char that ends in NUL, a string
 *	enum		the enumerator's name, else its number
 *	pointer		a number; 0x.. in plain text
 *	bit field	"0x.."; 0x.. without quotes in plain text
 *	section		{".data":[{"name":value},...]}
 *
 * Floating point numbers, which bpftool cannot print, are numbers.
 */
#ifndef SKEP_BTF_VALUE_H
#define SKEP_BTF_VALUE_H

#include "base/json.h"
#include "btf/btf.h"

enum btf_value_form {
	BTF_VALUE_JSON,		/* every value is valid JSON */
	BTF_VALUE_PLAIN,	/* for people: hexadecimal without quotes */
};

/*
 * Writes the value of type `id` in `data`, one JSON value, complete also when
 * an error is returned: -EINVAL when the type has no size or needs more than
 * `size` bytes (then it is null), -E2BIG when it has far more parts than
 * bytes (then some are left out). A variable's `id` writes {"name":value}.
 */
int btf_print_value(struct json *json, const struct btf *btf, uint32_t id,
		    const void *data, size_t size, enum btf_value_form form);

#endif
