/* SPDX-License-Identifier: Apache-2.0 */
/* Builds BTF blobs in memory for tests, right and wrong ones. */
#ifndef SKEP_TESTS_BTF_BLOB_H
#define SKEP_TESTS_BTF_BLOB_H

#include <linux/btf.h>
#include <stdarg.h>
#include <string.h>

#define BLOB_WORDS	4096

struct btf_blob {
	uint32_t types[BLOB_WORDS];
	uint32_t words;
	char strs[4096];
	uint32_t strs_len;
};

static inline void blob_init(struct btf_blob *blob)
{
	memset(blob, 0, sizeof(*blob));
	blob->strs_len = 1;
}

static inline uint32_t blob_str(struct btf_blob *blob, const char *text)
{
	uint32_t off = blob->strs_len;

	if (!*text)
		return 0;
	memcpy(blob->strs + off, text, strlen(text) + 1);
	blob->strs_len += (uint32_t)strlen(text) + 1;
	return off;
}

#define INFO(kind, vlen)	((uint32_t)(kind) << 24 | (vlen))
#define KFLAG			(1u << 31)

/* A type, and the words that follow it. */
#define blob_type(blob, name, info, size, ...) do { \
	const uint32_t words_[] = { blob_str(blob, name), info, size, \
				    ##__VA_ARGS__ }; \
	memcpy((blob)->types + (blob)->words, words_, sizeof(words_)); \
	(blob)->words += sizeof(words_) / 4; \
} while (0)

/* Header, types and strings into `out`; the size. */
static inline size_t blob_write(const struct btf_blob *blob, uint8_t *out)
{
	struct btf_header hdr = {
		.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(hdr),
		.type_len = blob->words * 4, .str_off = blob->words * 4,
		.str_len = blob->strs_len,
	};

	memcpy(out, &hdr, sizeof(hdr));
	memcpy(out + sizeof(hdr), blob->types, hdr.type_len);
	memcpy(out + sizeof(hdr) + hdr.type_len, blob->strs, hdr.str_len);
	return sizeof(hdr) + hdr.type_len + hdr.str_len;
}

#endif
