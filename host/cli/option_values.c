/* option_values.c - the kinds of values an option may have (options.h). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/number.h"
#include "cli/options.h"

octet_status oct_parse_flag(const oct_option *option, const char *value, void *target)
{
    (void)option;
    (void)value;
    *(bool *)target = true;
    return OCTET_OK;
}

octet_status oct_parse_text(const oct_option *option, const char *value, void *target)
{
    (void)option;
    *(const char **)target = value;
    return OCTET_OK;
}

octet_status oct_parse_texts(const oct_option *option, const char *value, void *target)
{
    oct_texts *const texts = target;
    if (texts->count == OCT_MAX_TEXTS)
        return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT, "--%s was given more than %d times",
                          option->name, OCT_MAX_TEXTS);
    texts->items[texts->count++] = value;
    return OCTET_OK;
}

octet_status oct_parse_choice(const oct_option *option, const char *value, void *target)
{
    char names[256] = "";
    for (const oct_choice *choice = option->choices; choice->name != NULL; choice++) {
        const size_t length = strlen(names);
        if (strcmp(choice->name, value) == 0) {
            *(int *)target = choice->value;
            return OCTET_OK;
        }
        snprintf(names + length, sizeof names - length, "%s%s", length > 0 ? ", " : "",
                 choice->name);
    }
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT, "--%s is '%s'; it may be: %s",
                      option->name, value, names);
}

static octet_status read_whole(const oct_option *option, const char *value, int64_t *number)
{
    if (oct_read_integer(value, number) && *number >= option->low && *number <= option->high)
        return OCTET_OK;
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "--%s is '%s'; it must be a whole number from %lld to %lld", option->name,
                      value, (long long)option->low, (long long)option->high);
}

octet_status oct_parse_size(const oct_option *option, const char *value, void *target)
{
    int64_t number = 0;
    const octet_status status = read_whole(option, value, &number);
    if (status == OCTET_OK)
        *(size_t *)target = (size_t)number;
    return status;
}

octet_status oct_parse_integer(const oct_option *option, const char *value, void *target)
{
    int64_t number = 0;
    const octet_status status = read_whole(option, value, &number);
    if (status == OCTET_OK)
        *(oct_integer *)target = (oct_integer){true, number};
    return status;
}

octet_status oct_parse_real(const oct_option *option, const char *value, void *target)
{
    double number;
    if (!oct_read_real(value, &number) || !isfinite(number) || number <= 0)
        return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                          "--%s is '%s'; it must be a number above 0", option->name, value);
    *(double *)target = number;
    return OCTET_OK;
}

/* One element of a comma list, "length" characters from "text" on. */
static bool read_element(const oct_option *option, const char *text, size_t length, int64_t *number)
{
    char element[32] = "";
    if (length < sizeof element)
        memcpy(element, text, length);
    return oct_read_integer(element, number) && *number >= option->low && *number <= option->high;
}

octet_status oct_parse_list(const oct_option *option, const char *value, void *target)
{
    oct_list list = {0};
    for (const char *at = value;; at++) {
        const size_t length = strcspn(at, ",");
        int64_t number = 0;
        if (list.count == OCT_MAX_LIST)
            return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                              "--%s is '%s'; that is more than %d numbers", option->name, value,
                              OCT_MAX_LIST);
        if (!read_element(option, at, length, &number))
            return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                              "--%s is '%s'; it must be whole numbers from %lld to %lld, with "
                              "commas between them",
                              option->name, value, (long long)option->low, (long long)option->high);
        list.values[list.count++] = (size_t)number;
        at += length;
        if (*at == '\0')
            break;
    }
    *(oct_list *)target = list;
    return OCTET_OK;
}
