/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Section names against sections.def. Patterns are libbpf's: plain text
 * matches itself alone; "text+" matches "text" and "text/anything", and
 * nothing else that merely begins like it ("kprobe+" is not "kprobes").
 */
#include "spec/sections.h"

#include "base/str.h"

enum section_attach {
	SECTION_ATTACH_NONE = -1,
#define ATTACH(id, name, ...) SECTION_ATTACH_##name = (id),
#include "spec/attach.def"
#undef ATTACH
};

#define SLEEPABLE	SECTION_SLEEPABLE
#define FRAGS		SECTION_FRAGS
#define BTF		SECTION_BTF
#define USDT		SECTION_USDT
#define OPTIONAL	SECTION_OPTIONAL

const struct section_row section_rows[] = {
#define SECTION(pattern, prog, attach, flags) \
	{ pattern, PROG_TYPE_##prog, \
	  SECTION_ATTACH_##attach < 0 ? 0 : SECTION_ATTACH_##attach, \
	  SECTION_ATTACH_##attach >= 0, flags },
#include "spec/sections.def"
#undef SECTION
};

const size_t section_rows_cnt = ARRAY_SIZE(section_rows);

static bool matches(const char *pattern, const char *sec, const char **target)
{
	size_t len = strlen(pattern);

	*target = NULL;
	if (pattern[len - 1] != '+')
		return str_eq(pattern, sec);
	len--;
	if (strncmp(pattern, sec, len) != 0)
		return false;
	if (sec[len] == '/')
		*target = sec + len + 1;
	return sec[len] == '\0' || sec[len] == '/';
}

const struct section_row *section_row_match(const char *sec,
					    const char **target)
{
	const char *found;

	for (size_t i = 0; i < section_rows_cnt; i++) {
		if (!matches(section_rows[i].pattern, sec, &found))
			continue;
		if (target)
			*target = found;
		return &section_rows[i];
	}
	return NULL;
}
