# Puts the rows of metrics.h into the tables of docs/data.md, between the marks that name them:
#
#   awk -f read-metrics.awk -f generate-data.awk metrics.h network_types.c docs/data.md
#
# The prose around the tables is written by hand; the tables are never edited. The test
# docs_are_current compares the file with what this makes of it.

# How a type of metrics.h looks in JSON; whatever is not listed is the name of an enum.
function json_type(type) {
    if (type in json)
        return json[type]
    if (!(type in words))
        fail("metrics.h has the type " type ", of which neither this script nor network_types.c knows")
    return "word: [" type "](#" type ")"
}

function cell(text) {
    gsub(/\|/, "\\|", text)
    return text == "" ? "" : text
}

function print_table(section,    i, row) {
    if (!(section in row_count))
        fail("metrics.h has no table for \"" section "\"")
    print "| field | JSON | kind | unit | what it is | in C |"
    print "|---|---|---|---|---|---|"
    for (i = 1; i <= row_count[section]; i++)
        print rows[section, i]
}

function print_words(    i, list) {
    for (i = 1; i <= word_lists; i++) {
        print "### " word_order[i]
        print ""
        list = words[word_order[i]]
        gsub(/, /, "`, `", list)
        print "`" list "`"
        if (i < word_lists)
            print ""
    }
}

BEGIN {
    json["flag"] = "true or false"
    json["u32"] = json["u64"] = json["i32"] = "integer"
    json["real"] = "number"
    json["time"] = "time"
    json["name"] = json["label"] = json["text"] = json["sentence"] = "text"
    json["address"] = "address"
    json["addresses"] = "list of addresses"
    json["numbers"] = "list of integers"
    json["names"] = "list of names"
    json["capabilities"] = "object"
}

# 3: data.md.
file == 3 && !is_joined {
    is_joined = 1
    for (s in row_count)
        for (i = 1; i <= row_count[s]; i++)
            rows[s, i] = "| `" key[s, i] "` | " json_type(type[s, i]) " | " kind[s, i] " | " \
                cell(unit[s, i]) " | " cell(meaning[s, i]) " | `" member[s, i] "` |"
}
file == 3 && /^<!-- table: [a-z]+ -->$/ {
    print
    print ""
    print_table($3)
    is_inside = 1
    tables[$3] = 1
    next
}
file == 3 && /^<!-- words -->$/ {
    print
    print ""
    print_words()
    is_inside = 1
    next
}
file == 3 && /^<!-- end -->$/ {
    print ""
    is_inside = 0
}
file == 3 && !is_inside { print }

END {
    if (failed)
        exit 1
    if (is_inside)
        fail("a table of data.md has no end mark")
    for (s in row_count)
        if (!(s in tables))
            fail("data.md has no place for the table \"" s "\" of metrics.h")
}
