// SPDX-License-Identifier: GPL-2.0-only
/* Everything that is printed is JSON first; a table is one way to show it. */

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *text_json(const char *text)
{
	json_t *s = json_string(text);
	char *copy;

	if (s)
		return s;
	copy = strdup(text);
	if (!copy)
		abort();
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	s = json_string(copy);
	free(copy);
	return s;
}

static int show_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(value);
	return 0;
}

static void plain(const json_t *value, int decimals, char *text, size_t size)
{
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text, size, "%.*f", decimals, json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
	else
		snprintf(text, size, "-");
}

void write_table(FILE *f, const json_t *rows, const struct column *columns, size_t count)
{
	char text[512];
	size_t i, j;
	json_t *row;

	for (j = 0; j < count; j++)
		fprintf(f, "%s%*s", j ? " " : "", j + 1 < count || columns[j].width > 0 ? columns[j].width : 0,
			columns[j].title);
	fputc('\n', f);
	json_array_foreach(rows, i, row) {
		for (j = 0; j < count; j++) {
			plain(json_object_get(row, columns[j].key), columns[j].decimals, text, sizeof(text));
			fprintf(f, "%s%*s", j ? " " : "", j + 1 < count || columns[j].width > 0 ? columns[j].width : 0,
				text);
		}
		fputc('\n', f);
	}
}

int show_table(const struct cli *cli, json_t *rows, const struct column *columns, size_t count)
{
	if (cli->json)
		return show_json(rows);
	write_table(stdout, rows, columns, count);
	json_decref(rows);
	return 0;
}

int show_object(const struct cli *cli, json_t *o)
{
	char text[2048];
	const char *key;
	json_t *value;

	if (cli->json)
		return show_json(o);
	json_object_foreach(o, key, value) {
		plain(value, 3, text, sizeof(text));
		printf("%-22s : %s\n", key, text);
	}
	json_decref(o);
	return 0;
}

int show_value(const struct cli *cli, json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);
	char number[32];

	if (cli->json)
		return show_json(o);
	if (json_is_string(value)) {
		const char *text = json_string_value(value);
		size_t n = strlen(text);

		printf("%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
	} else {
		plain(value, 3, number, sizeof(number));
		puts(number);
	}
	json_decref(o);
	return 0;
}
