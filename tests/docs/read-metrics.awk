# What metrics.h and the words of network_types.c say, for the scripts that make documents of them:
#
#   awk -f read-metrics.awk -f generate-….awk metrics.h network_types.c DOCUMENT
#
# Fills in for each table of metrics.h row_count[section], and for each of its rows by [section, i]
# member, key, type, kind, unit and meaning; for each list of words words[list], separated by ", ",
# and word_order[1 … word_lists]. The third file is left to the script.

function fail(why) {
    print why >"/dev/stderr"
    failed = 1
    exit 1
}

function trim(text) {
    gsub(/^[ \t"]+|[ \t"]+$/, "", text)
    return text
}

FNR == 1 { file++ }

# 1: metrics.h. A table opens with its #define; each row is on a line of its own.
file == 1 && /^#define NETWORK_[A-Z]+_METRICS\(X\)/ {
    section = $2
    sub(/^NETWORK_/, "", section)
    sub(/_METRICS.*/, "", section)
    section = tolower(section)
    next
}
file == 1 && /^ *X\(/ {
    line = $0
    help = line
    # The last quoted text of the line is the help; it alone may hold commas.
    sub(/"\)[ \\]*$/, "", help)
    sub(/.*"/, "", help)
    sub(/^ *X\(/, "", line)
    if (split(line, part, ",") < 6)
        fail("line " FNR " of metrics.h is no row of six")
    count = ++row_count[section]
    member[section, count] = trim(part[1])
    key[section, count] = trim(part[2])
    type[section, count] = trim(part[3])
    kind[section, count] = tolower(trim(part[4]))
    unit[section, count] = trim(part[5])
    meaning[section, count] = help
    next
}

# 2: network_types.c. The words of an enum, in its order.
file == 2 && /^const char \*const network_.*_words\[/ {
    list = $0
    sub(/^const char \*const network_/, "", list)
    sub(/_words\[.*/, "", list)
    text = ""
    is_words = 1
}
file == 2 && is_words {
    text = text $0
    if ($0 !~ /;/)
        next
    is_words = 0
    sub(/^[^{]*\{/, "", text)
    sub(/\}.*/, "", text)
    gsub(/[ \t]+/, "", text)
    gsub(/,/, ", ", text)
    gsub(/"/, "", text)
    words[list] = text
    word_order[++word_lists] = list
}
