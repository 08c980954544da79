/* SPDX-License-Identifier: Apache-2.0 */
/* Names out of a line of C; see the header for how little is asked. */
#include "verify/explain/explain_source.h"

#include <ctype.h>
#include <string.h>

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The name that ends right before `end`; blanks between are skipped. */
static bool name_before(const char *line, const char *end,
			char name[NAME_CAP])
{
	const char *from;
	size_t len;

	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	for (from = end; from > line && is_name(from[-1]); from--)
		;
	len = (size_t)(end - from);
	if (!len || len >= NAME_CAP || isdigit((unsigned char)*from))
		return false;
	memcpy(name, from, len);
	name[len] = 0;
	return true;
}

static bool name_after(const char *from, char name[NAME_CAP])
{
	const char *end;

	while (isspace((unsigned char)*from) || *from == '(' || *from == '*')
		from++;
	for (end = from; is_name(*end); end++)
		;
	return end > from && name_before(from, end, name);
}

/* The first '=' that assigns. */
static const char *assignment(const char *line)
{
	for (const char *at = line; (at = strchr(at, '=')); at++) {
		if (at[1] == '=') {
			at++;
			continue;
		}
		if (at > line && strchr("!<>=+-*/%&|^", at[-1]))
			continue;
		return at;
	}
	return NULL;
}

bool source_assigned(const char *line, char name[NAME_CAP])
{
	const char *at = assignment(line);

	return at && name_before(line, at, name);
}

bool source_pointer(const char *line, uint32_t column, char name[NAME_CAP])
{
	size_t len = strlen(line), stop = column && column < len ?
					  column + 1 : len;
	bool found = false;

	for (size_t i = 0; i + 1 < len; i++) {
		char one[NAME_CAP];
		bool arrow = line[i] == '-' && line[i + 1] == '>';

		if (found && i >= stop)
			break;
		if (!arrow && line[i] != '[')
			continue;
		if (!name_before(line, line + i, one))
			continue;
		memcpy(name, one, NAME_CAP);
		found = true;
		if (!column)
			break;
	}
	if (!found && column && column <= len && line[column - 1] == '*')
		found = name_after(line + column, name);
	if (!found && strchr(line, '*'))
		found = name_after(strrchr(line, '*') + 1, name);
	return found;
}

/* "entry->n", "at.index", "i": what can stand in a comparison as it is. */
static bool is_path(char c)
{
	return is_name(c) || c == '.' || c == '>' || c == '-';
}

/* The name or path between two places, if it is nothing else. */
static bool path_between(const char *from, const char *end,
			 char name[NAME_CAP])
{
	size_t len;

	while (from < end && isspace((unsigned char)*from))
		from++;
	while (end > from && isspace((unsigned char)end[-1]))
		end--;
	len = (size_t)(end - from);
	if (!len || len >= NAME_CAP)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_path(from[i]) || (from[i] == '-' && from[i + 1] != '>'))
			return false;
	memcpy(name, from, len);
	name[len] = 0;
	return true;
}

bool source_index(const char *line, char name[NAME_CAP])
{
	const char *open = strchr(line, '[');
	const char *close = open ? strchr(open, ']') : NULL;
	const char *plus = strstr(line, " + ");

	if (close && path_between(open + 1, close, name))
		return true;
	if (open && name_after(open + 1, name))
		return true;
	return plus && name_after(plus + 3, name);
}

/* Behind the argument that begins at `from`; NULL when the line ends first. */
static const char *argument_end(const char *from)
{
	unsigned int depth = 0;

	for (const char *at = from; *at; at++) {
		if (*at == '(' || *at == '[')
			depth++;
		else if (!depth && (*at == ',' || *at == ')'))
			return at;
		else if (*at == ')' || *at == ']')
			depth--;
	}
	return NULL;
}

bool source_argument(const char *line, const char *function, unsigned int n,
		     char name[NAME_CAP])
{
	const char *at = strstr(line, function), *end;

	if (!at || at[strlen(function)] != '(')
		return false;
	at += strlen(function) + 1;
	for (end = argument_end(at); end && n > 1; n--) {
		if (*end == ')')
			return false;
		at = end + 1;
		end = argument_end(at);
	}
	if (!end)
		return false;
	while (at < end && (isspace((unsigned char)*at) || *at == '&'))
		at++;
	while (at < end && *at == '(' && strchr(at, ')') &&
	       strchr(at, ')') < end)
		at = strchr(at, ')') + 1;
	return path_between(at, end, name);
}
